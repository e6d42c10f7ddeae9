package import UpconvSystem

/// How long a request was in each stage. It begins with the head and travels with the request until its answer has gone;
/// whoever works on the request says which stage it enters. At any moment it is in one stage or in none, so all stages
/// together take no longer than the request.
///
/// A plain value without memory of its own. Each change of stage looks at the clock once.
package struct StageTimes: Sendable {
  /// Indexed by `RequestStage.rawValue`; moments, and nanoseconds.
  private var starts = InlineArray<7, Int64>(repeating: 0)
  private var lengths = InlineArray<7, Int64>(repeating: 0)
  /// A bit for each stage that was entered.
  private var entered: UInt8 = 0
  private var current: RequestStage?
  /// When the stage at hand was entered, or the last one left.
  private var since: Int64 = 0
  /// What of `encode` came after that, while the answer was sent.
  private var encodedWhileSent: Int64 = 0

  package init() {}

  /// Whether no stage was entered: nothing was measured.
  package var isEmpty: Bool { entered == 0 }

  /// Ends the stage at hand and begins another; in that stage already, it goes on.
  package mutating func enter(_ stage: RequestStage) {
    if stage != current { enter(stage, at: .now) }
  }

  package mutating func enter(_ stage: RequestStage, at instant: Moment) {
    leave(at: instant)
    current = stage
    begin(stage, at: since)
  }

  /// Ends the stage at hand, if there is one.
  package mutating func leave() {
    if current != nil { leave(at: .now) }
  }

  package mutating func leave(at instant: Moment) {
    let now = instant.nanoseconds
    if let current { lengths[current.rawValue] += max(0, now - since) }
    current = nil
    since = now
  }

  /// Calls `body` with each stage that was entered, in order.
  /// - Parameters:
  ///   - start: when it was entered first.
  ///   - nanoseconds: what it took in all; pieces of other stages may lie in between.
  package func forEachStage(
    _ body: (_ stage: RequestStage, _ start: Moment, _ nanoseconds: Int) -> Void
  ) {
    for stage in RequestStage.allCases where isEntered(stage) {
      body(stage, Moment(nanoseconds: starts[stage.rawValue]), Int(lengths[stage.rawValue]))
    }
  }

  /// Nanoseconds of one stage; nil if it was not entered.
  package subscript(stage: RequestStage) -> Int? { isEntered(stage) ? Int(lengths[stage.rawValue]) : nil }

  /// The same with what only the connection knows: the head's part of reading, and writing.
  /// - Parameters:
  ///   - start: of the request.
  ///   - answerStart: when the answer was ready, where no stage tells.
  ///   - end: of the answer.
  package func completed(
    from start: Moment, answerStart: Moment, to end: Moment
  ) -> StageTimes {
    var times = self
    let (start, end) = (start.nanoseconds, end.nanoseconds)
    if isEntered(.read) {
      times.lengths[RequestStage.read.rawValue] += max(0, starts[RequestStage.read.rawValue] - start)
      times.starts[RequestStage.read.rawValue] = min(start, starts[RequestStage.read.rawValue])
    }
    let ready = min(end, isEmpty ? answerStart.nanoseconds : since)
    times.begin(.write, at: ready)
    times.lengths[RequestStage.write.rawValue] += max(0, end - ready - encodedWhileSent)
    times.current = nil
    times.since = end
    return times
  }

  /// Takes what was encoded after all stages were left, while the answer was sent.
  package mutating func addEncodedWhileSent(_ sending: StageTimes) {
    guard let encoding = sending[.encode] else { return }
    begin(.encode, at: sending.starts[RequestStage.encode.rawValue])
    lengths[RequestStage.encode.rawValue] += Int64(encoding)
    encodedWhileSent += Int64(encoding)
  }

  private func isEntered(_ stage: RequestStage) -> Bool { entered & (1 << stage.rawValue) != 0 }

  private mutating func begin(_ stage: RequestStage, at start: Int64) {
    if !isEntered(stage) { starts[stage.rawValue] = start }
    entered |= 1 << stage.rawValue
  }
}
