package import UpconvSystem

/// One request and its answer, ended: what metrics, logs and traces are made from.
package struct EndedExchange: Sendable {
  /// The request; nil if it could not be read.
  package let head: RequestHead?
  package let status: Int
  package let version: RequestHead.Version
  /// Which event loop served it.
  package let loop: Int
  /// When the request's first byte came.
  package let start: Moment
  /// When the answer was ready to be written, where `handled` does not tell.
  package let answerStart: Moment
  /// When its last byte was with the socket.
  package let end: Moment
  /// The stages from the head until the answer was ready; empty if the request has no content.
  private let handled: StageTimes
  /// Bytes of the contents as they came, and as they went.
  package let contentBytesReceived: Int
  package let contentBytesSent: Int

  package init(
    head: RequestHead?, status: Int, version: RequestHead.Version, loop: Int, start: Moment,
    answerStart: Moment, end: Moment, handled: StageTimes = StageTimes(),
    contentBytesReceived: Int, contentBytesSent: Int
  ) {
    self.head = head
    self.status = status
    self.version = version
    self.loop = loop
    self.start = start
    self.answerStart = answerStart
    self.end = end
    self.handled = handled
    self.contentBytesReceived = contentBytesReceived
    self.contentBytesSent = contentBytesSent
  }

  /// Whether the stages between reading and writing were measured.
  package var hasStages: Bool { !handled.isEmpty }

  /// All stages, worked out anew for each who asks.
  package var stages: StageTimes {
    handled.completed(from: start, answerStart: answerStart, to: end)
  }
}
