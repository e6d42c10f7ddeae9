import Dispatch
import Testing
import UpconvSystem

@testable import UpconvScheduling

/// Work counts while its content is being read.
@Suite struct AnnouncedWorkTests {
  private static func work(_ kilobytes: Int, _ kind: String = "a") -> ExpectedWork {
    ExpectedWork(kind: kind, contentBytes: kilobytes * 1000)
  }

  /// One worker that is idle; work of the kind `a` takes a millisecond for each kilobyte.
  private static func queue(patience: Duration = .seconds(3600)) -> ComputeQueue {
    let queue = ComputeQueue(width: 1, maxWaiting: 1000, maxWait: .seconds(1), patience: patience)
    queue.note(work(100), ran: .milliseconds(100))
    return queue
  }

  /// As much of one size as is taken.
  private static func announceAll(_ queue: ComputeQueue, _ work: ExpectedWork) -> [AnnouncedWork] {
    var taken: [AnnouncedWork] = []
    while taken.count < 100, let announced = try? queue.announce(work) { taken.append(announced) }
    return taken
  }

  @Test func `Of much that is announced at once no more is taken than can be done in time`() throws {
    let queue = Self.queue()
    // 750 ms, and one that begins at once.
    var taken = Self.announceAll(queue, Self.work(100))
    #expect(taken.count == 8)
    #expect(queue.refusalCount == 1)
    // The time goes by the bytes.
    taken = []
    taken = Self.announceAll(queue, Self.work(50))
    #expect(taken.count == 16)
    // What is gone counts no longer.
    taken.removeLast()
    #expect(throws: Never.self) { try queue.announce(Self.work(50)) }
  }

  @Test func `Of a kind that never ran nothing is known, and every kind has its own time`() {
    let queue = Self.queue()
    #expect(Self.announceAll(queue, Self.work(100, "new")).count == 100)
    queue.note(Self.work(100, "slow"), ran: .milliseconds(400))
    #expect(Self.announceAll(queue, Self.work(100, "slow")).count == 2)
  }

  @Test func `Content that does not come keeps nobody else out`() throws {
    let queue = Self.queue(patience: .zero)
    let silent = Self.announceAll(queue, Self.work(100))
    #expect(silent.count == 100)
    // All but its last byte has come.
    let busy = try (0..<8).map { _ in try queue.announce(Self.work(100)) }
    for work in busy { work.receive(bytes: 99_999) }
    #expect(throws: QueueRefusal.self) { try queue.announce(Self.work(100)) }
    withExtendedLifetime((silent, busy)) {}
  }

  @Test func `Of large content only the next mebibyte counts until more has come`() throws {
    let queue = Self.queue()
    // 100 s of work each, of which 1.05 s are near; 750 ms may wait, beside the one that begins at once.
    #expect(Self.announceAll(queue, Self.work(100_000)).count == 2)
    let slower = ComputeQueue(width: 1, maxWaiting: 1000, maxWait: .seconds(30), patience: .seconds(3600))
    slower.note(Self.work(100), ran: .milliseconds(100))
    let taken = Self.announceAll(slower, Self.work(100_000))
    #expect(taken.count == 22)
    // All of one has come: it counts whole.
    taken[0].receive(bytes: 100_000_000)
    #expect(throws: QueueRefusal.self) { try slower.announce(Self.work(100)) }
    withExtendedLifetime(taken) {}
  }

  @Test func `What waits and what is announced count together`() throws {
    let queue = Self.queue()
    let (gate, begun) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    try queue.submit(Cancellation()) { _ in
      begun.signal()
      gate.wait()
    }
    begun.wait()
    try queue.submit(Cancellation()) { _ in }
    let taken = Self.announceAll(queue, Self.work(100))
    // One waits, so that none begins at once.
    #expect(taken.count == 7 + 1)
    gate.signal()
  }
}
