import UpconvHTTP
import UpconvSystem

/// What an event loop asks of a client's connection, whichever version of HTTP it speaks.
///
/// Every entry point leaves it in a state from which `interest` says what to wait for next.
protocol ClientConnection: AnyObject {
  var token: UInt64 { get }
  var descriptor: ClientSocket { get }
  /// Whose connection it is.
  var peer: NetworkAddress { get }
  /// What to watch the socket for.
  var interest: Poller.Interest { get }
  var isClosed: Bool { get }
  /// The last turn ended for want of time, not of bytes.
  var wantsTurn: Bool { get }
  /// The connection that goes on in this one's place, with its socket and token, once the client has chosen HTTP/2.
  var successor: (any ClientConnection)? { get }

  /// Whether the socket has to be watched anew, since it may hold bytes that it has told of; once. Only for who watches
  /// for arrivals.
  func takeLeftUnread() -> Bool

  func handle(_ event: Poller.Event)
  /// The answer that was computed elsewhere.
  /// - Parameter stream: the number of the request's stream; 0 in HTTP/1.1.
  func receive(_ response: Response, stream: Int32)
  /// Goes on with what the last turn had no time for.
  func takeTurn()
  /// No further requests; may be told more than once.
  func stop()
  /// Why and since when it holds its place while nothing is done for it; nil if something is.
  var idleness: Idleness? { get }
  /// Makes room for another connection, of one that is idle. The peer is told why where it waits for an answer.
  func leave()
  /// Gives up on a peer or a job that took too long.
  func checkDeadlines()
  /// Whether another loop could serve it, and there was or is something to do for it since `start`.
  func isMovable(servedSince start: Moment) -> Bool
  /// Gives the socket of a movable connection away where it rests between two requests; this object is done then.
  func releaseSocket() -> Int32?
  /// Ends the connection and whatever is done for it. The socket itself goes with this object.
  func close()
}

extension ClientConnection {
  func takeLeftUnread() -> Bool { false }

  func isMovable(servedSince start: Moment) -> Bool { false }

  func releaseSocket() -> Int32? { nil }
}
