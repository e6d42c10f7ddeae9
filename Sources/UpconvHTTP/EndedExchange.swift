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
  /// What the service told of its own stages.
  package let stages: StageDurations

  package init(
    head: RequestHead?, status: Int, version: RequestHead.Version, loop: Int, start: ContinuousClock.Instant,
    contentEnd: ContinuousClock.Instant?, answerStart: ContinuousClock.Instant, end: ContinuousClock.Instant,
    contentBytesReceived: Int, contentBytesSent: Int, stages: StageDurations
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
    self.stages = stages
  }
}

/// How long a service was busy with the parts of one request; nil for what it did not do.
package struct StageDurations: Sendable, Equatable {
  /// Undoing the content's coding, and reading the tensors out of it.
  package var parse: Duration?
  /// Waiting for a thread.
  package var queue: Duration?
  package var compute: Duration?
  /// Preparing the answer; what is written while it is sent is not in it.
  package var encode: Duration?

  package init() {}

  /// Those that there are, by their names.
  package var named: [(name: String, duration: Duration)] {
    [("parse", parse), ("queue", queue), ("compute", compute), ("encode", encode)].compactMap { name, duration in
      duration.map { (name, $0) }
    }
  }
}
