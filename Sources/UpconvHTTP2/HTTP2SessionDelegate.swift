package import UpconvHTTP

/// What a session tells of its streams, while it takes or makes bytes. Whoever is told may answer or reset streams at
/// once, but not feed or drain the session.
package protocol HTTP2SessionDelegate: AnyObject {
  /// A request begins.
  func begin(_ head: RequestHead, stream: Int32)
  /// A request that is no request, or passes a limit: it wants an answer, and nothing else of it will be told.
  func refuse(_ error: RequestError, stream: Int32)
  /// A piece of its content, to be used or copied at once. False where it was not wanted: then the peer may not send
  /// more on this stream than it has leave for.
  func receive(_ content: UnsafeRawBufferPointer, stream: Int32) -> Bool
  /// The request is complete.
  func end(stream: Int32)
  /// A part of the answer is on its way: so many bytes of content, and whether it is the last.
  func didSend(bytes: Int, isLast: Bool, stream: Int32)
  /// The stream is gone, with or without an answer; the peer or the protocol may have ended it early.
  func didClose(stream: Int32)
  /// The peer has answered a ping: all that was sent before has reached it.
  func didRoundTrip()
}
