import Testing
import UpconvHTTP
import UpconvSystem

/// Times of stages, by instants that the test chooses.
@Suite struct StageTimesTests {
  private let start = Moment.now

  private func after(_ microseconds: Int) -> Moment { start + .microseconds(microseconds) }

  private func list(_ times: StageTimes) -> [String] {
    var list: [String] = []
    times.forEachStage { stage, begin, nanoseconds in
      let offset = (begin - start).components.attoseconds / 1_000_000_000_000
      list.append("\(stage.name) \(offset)+\(nanoseconds / 1000)")
    }
    return list
  }

  /// Two pieces of content, read, inflated and parsed in turn; then a run.
  private var request: StageTimes {
    var times = StageTimes()
    for piece in [0, 100] {
      times.enter(.read, at: after(piece + 10))
      times.enter(.inflate, at: after(piece + 20))
      times.enter(.parse, at: after(piece + 25))
      times.enter(.read, at: after(piece + 40))
    }
    times.enter(.compute, at: after(200))
    times.leave(at: after(1300))
    return times
  }

  @Test func `Pieces of one stage add up, and none counts twice`() {
    #expect(list(request) == ["read 10+150", "inflate 20+10", "parse 25+30", "compute 200+1100"])
    #expect(request[.queue] == nil)
    #expect(StageTimes().isEmpty)
  }

  @Test func `The connection adds the head, the writing, and what was encoded meanwhile`() {
    var sending = StageTimes()
    sending.enter(.encode, at: after(1400))
    sending.leave(at: after(1450))
    var handled = request
    handled.addEncodedWhileSent(sending)
    let times = handled.completed(from: start, answerStart: start, to: after(1500))
    #expect(
      list(times) == [
        "read 0+160", "inflate 20+10", "parse 25+30", "compute 200+1100", "encode 1400+50", "write 1300+150",
      ])
    var sum = 0
    times.forEachStage { _, _, nanoseconds in sum += nanoseconds }
    #expect(sum <= 1_500_000)
  }

  @Test func `Without stages only the writing is known`() {
    let times = StageTimes().completed(from: start, answerStart: after(5), to: after(9))
    #expect(list(times) == ["write 5+4"])
  }

  @Test func `Server-Timing has milliseconds to the microsecond`() {
    var bytes: [UInt8] = []
    request.appendServerTiming(to: &bytes)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "read;dur=0.150, inflate;dur=0.010, parse;dur=0.030, compute;dur=1.100")
  }
}
