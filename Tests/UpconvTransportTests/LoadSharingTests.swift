import Testing
import UpconvHTTP
import UpconvSystem

@testable import UpconvTransport

@Suite struct LoadSharingTests {
  private func load(_ perMille: Int, round microseconds: Int = 20, large: Bool = false) -> LoopLoad {
    LoopLoad(perMille: perMille, microsecondsPerRound: microseconds, isBesideLongWork: large)
  }

  @Test func `Two loops whose work fits one become one`() {
    #expect(LoadSharing.union(of: 1, [load(400), load(400)]) == Handover(share: .all, receiver: 0))
    #expect(LoadSharing.union(of: 1, [load(0), load(1)]) == Handover(share: .all, receiver: 0))
  }

  @Test func `The first loop keeps its connections`() {
    #expect(LoadSharing.union(of: 0, [load(100), load(100)]) == nil)
  }

  @Test func `Loops that have too much for one stay two`() {
    #expect(LoadSharing.union(of: 1, [load(500), load(400)]) == nil)
  }

  @Test func `Where no processor is idle, falling asleep does not count`() {
    let sleepy = [load(520, round: 14), load(520, round: 14)]
    #expect(LoadSharing.union(of: 1, sleepy, idlePerMille: 150) == Handover(share: .all, receiver: 0))
    #expect(LoadSharing.union(of: 1, sleepy, idlePerMille: 400) == nil)
    #expect(LoadSharing.union(of: 1, sleepy, idlePerMille: nil) == nil)
    // Rounds of more work than sleep stay two loops' work.
    let hardworking = [load(520, round: 40), load(520, round: 40)]
    #expect(LoadSharing.union(of: 1, hardworking, idlePerMille: 0) == nil)
    #expect(LoadSharing.union(of: 1, [load(900, round: 3), load(900, round: 0)], idlePerMille: 0) != nil)
  }

  @Test func `A loop without work hands nothing on`() {
    #expect(LoadSharing.union(of: 1, [load(100), load(0)]) == nil)
  }

  @Test func `Where rounds are long or pieces large nobody joins`() {
    #expect(LoadSharing.union(of: 1, [load(100, large: true), load(100)]) == nil)
    #expect(LoadSharing.union(of: 1, [load(100), load(100, large: true)]) == nil)
    #expect(LoadSharing.union(of: 1, [load(100, round: 2000), load(100)]) == nil)
    #expect(LoadSharing.union(of: 1, [load(100), load(100, round: 2000)]) == nil)
  }

  @Test func `The last loop that works goes first, to the first that has room`() {
    let loads = [load(800), load(300), load(300), load(0)]
    #expect(LoadSharing.union(of: 1, loads) == nil)
    #expect(LoadSharing.union(of: 2, loads) == Handover(share: .all, receiver: 1))
  }

  @Test func `A loop without time gives half to the one that has most, where a processor is idle`() {
    let loads = [load(980), load(400), load(10)]
    #expect(LoadSharing.division(of: 0, loads, idlePerMille: 900) == Handover(share: .half, receiver: 2))
    #expect(LoadSharing.division(of: 0, loads, idlePerMille: 100) == nil)
    #expect(LoadSharing.division(of: 0, loads, idlePerMille: nil) == nil)
    #expect(LoadSharing.division(of: 1, loads, idlePerMille: 900) == nil)
    #expect(LoadSharing.division(of: 0, [load(980), load(700)], idlePerMille: 900) == nil)
    #expect(LoadSharing.division(of: 0, [load(980)], idlePerMille: 900) == nil)
  }

  @Test func `Beside long work half go to a loop that rests`() {
    #expect(LoadSharing.separation(of: 0, [load(300, large: true), load(5)]) == Handover(share: .half, receiver: 1))
    #expect(LoadSharing.separation(of: 0, [load(300, large: true), load(100)]) == nil)
    #expect(LoadSharing.separation(of: 0, [load(100, large: true), load(5)]) == nil)
    #expect(LoadSharing.separation(of: 0, [load(300), load(5)]) == nil)
  }

  @Test func `What was divided is not united again`() {
    for total in 900...2000 {
      let halves = [load(total / 2), load(total - total / 2)]
      #expect(LoadSharing.union(of: 1, halves) == nil)
    }
  }

  /// A second loop that works for `milliseconds` of each tenth of a second, in a process that works for `process` of it.
  private func wishes(
    _ windows: Int, milliseconds: Int, process: Int, rounds: Int = 100, largePieces: Bool = false
  ) -> [Handover?] {
    let start = Moment.now
    let loads = [SharedLoad(), SharedLoad()]
    loads[0].store(load(100))
    var times = ProcessorTimes(thread: .zero, process: .zero)
    var sharing = LoadSharing(loop: 1, now: start, times: times)
    return (1...windows).map { window in
      let now = start + .milliseconds(100 * window)
      #expect(!sharing.isWindowOver(at: now + .milliseconds(-1)))
      #expect(sharing.isWindowOver(at: now))
      for _ in 0..<rounds { sharing.countRound() }
      times.thread += .milliseconds(milliseconds)
      times.process += .milliseconds(process)
      let wish = sharing.endWindow(at: now, hasLargePieces: largePieces, loads: loads, times: times)
      #expect(loads[1].load.perMille == 10 * milliseconds)
      return wish
    }
  }

  @Test func `A wish has to last before it is met, and then again`() {
    let all = Handover(share: .all, receiver: 0)
    #expect(wishes(5, milliseconds: 5, process: 15) == [nil, all, nil, all, nil])
  }

  @Test func `Loops do not gather while others compute, contents are large or rounds are long`() {
    #expect(wishes(3, milliseconds: 5, process: 40) == [nil, nil, nil])
    #expect(wishes(3, milliseconds: 5, process: 15, largePieces: true) == [nil, nil, nil])
    #expect(wishes(3, milliseconds: 5, process: 15, rounds: 10) == [nil, nil, nil])
    #expect(wishes(3, milliseconds: 80, process: 90) == [nil, nil, nil])
  }

  @Test func `Idle time is read from the system's counters`() throws {
    let now = Moment.now
    let text = "cpu  10 20 30 4000 5 6 7 8 9 10\ncpu0 1 2 3 4 5\n"
    let start = try #require(IdleProcessorTime(statistics: text, ticksPerSecond: 100, at: now))
    let later = text.replacing("4000", with: "4150")
    let end = try #require(IdleProcessorTime(statistics: later, ticksPerSecond: 100, at: now + .seconds(1)))
    #expect(end.perMille(since: start) == 1500)
    #expect(start.perMille(since: start) == 0)
    #expect(IdleProcessorTime(statistics: "", ticksPerSecond: 100, at: now) == nil)
    #expect(IdleProcessorTime(statistics: "cpu 1 2 3", ticksPerSecond: 100, at: now) == nil)
    #expect(IdleProcessorTime(statistics: "intr 1 2 3 4 5", ticksPerSecond: 100, at: now) == nil)
    #expect(IdleProcessorTime(statistics: text, ticksPerSecond: 0, at: now) == nil)
    #expect(IdleProcessorTime.now != nil)
  }

  @Test func `A mailbox that is closed takes nothing, and one with messages does not close`() throws {
    let mailbox = try LoopMailbox()
    #expect(mailbox.post(.takeOver(descriptor: -1, peer: .none)))
    #expect(!mailbox.close())
    #expect(mailbox.takeAll().count == 1)
    #expect(mailbox.close())
    #expect(!mailbox.post(.takeOver(descriptor: -1, peer: .none)))
    #expect(mailbox.takeAll().isEmpty)
  }
}
