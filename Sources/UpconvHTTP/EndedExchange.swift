/// One request and its answer, ended: what metrics, logs and traces are made from.
package struct EndedExchange: Sendable {
  /// The request; nil where it could not be read.
  package let head: RequestHead?
  package let status: Int
  package let version: RequestHead.Version
  /// Which event loop served it.
  package let loop: Int
  /// When the request's first byte came.
  package let start: ContinuousClock.Instant
  /// From there until the content had come whole; nil where it did not.
  package let contentEnd: ContinuousClock.Instant?
  /// When the answer was ready to be written.
  package let answerStart: ContinuousClock.Instant
  /// When its last byte was with the socket.
  package let end: ContinuousClock.Instant
  /// Bytes of the contents as they came, and as they went.
  package let contentBytesReceived: Int
  package let contentBytesSent: Int

  package init(
    head: RequestHead?, status: Int, version: RequestHead.Version, loop: Int, start: ContinuousClock.Instant,
    contentEnd: ContinuousClock.Instant?, answerStart: ContinuousClock.Instant, end: ContinuousClock.Instant,
    contentBytesReceived: Int, contentBytesSent: Int
  ) {
    self.head = head
    self.status = status
    self.version = version
    self.loop = loop
    self.start = start
    self.contentEnd = contentEnd
    self.answerStart = answerStart
    self.end = end
    self.contentBytesReceived = contentBytesReceived
    self.contentBytesSent = contentBytesSent
  }
}
