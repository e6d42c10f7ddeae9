import Dispatch
import Glibc
import Synchronization
import Testing
import UpconvScheduling
import UpconvSystem

/// What waits is bounded by the time that it will take.
@Suite struct QueueWaitTests {
  /// One worker, and a gate that holds it.
  private final class HeldQueue: Sendable {
    let queue: ComputeQueue
    private let gate = DispatchSemaphore(value: 0)

    init(maxWait: Duration, maxWaiting: Int = 1000) {
      queue = ComputeQueue(width: 1, maxWaiting: maxWaiting, maxWait: maxWait)
    }

    /// Occupies the worker until `release`.
    func hold() throws {
      let begun = DispatchSemaphore(value: 0)
      try queue.submit(Cancellation()) { [gate] _ in
        begun.signal()
        gate.wait()
      }
      begun.wait()
    }

    func release() { gate.signal() }

    /// Runs a piece that takes so long, and waits for its end.
    func run(milliseconds: UInt32) throws {
      let done = DispatchSemaphore(value: 0)
      try queue.submit(Cancellation()) { _ in usleep(milliseconds * 1000) }
      try queue.submit(Cancellation()) { _ in done.signal() }
      done.wait()
    }
  }

  @Test func `Work that would wait too long is refused when it comes, and told when to come again`() throws {
    let held = HeldQueue(maxWait: .milliseconds(1000))
    // One piece, and an empty one behind it: about 88 ms each is expected from here on.
    try held.run(milliseconds: 100)
    try held.hold()
    defer { held.release() }
    var taken = 0
    var refusal: QueueRefusal?
    while refusal == nil, taken < 100 {
      do throws(QueueRefusal) {
        try held.queue.submit(Cancellation()) { _ in }
        taken += 1
      } catch { refusal = error }
    }
    // 750 ms of work; what ran took 100 ms or, on a busy machine, longer.
    #expect(1...8 ~= taken)
    #expect(refusal?.retryAfterSeconds ?? 0 >= 1)
    #expect(held.queue.refusalCount == 1)
    // Others make room.
    held.release()
    while held.queue.load.waiting > 0 { usleep(1000) }
    #expect(throws: Never.self) { try held.hold() }
  }

  @Test func `Work that has waited too long is not begun, and told so`() throws {
    let held = HeldQueue(maxWait: .milliseconds(20))
    try held.hold()
    let told = DispatchSemaphore(value: 0)
    let isRun = Atomic(false)
    let isExpired = Atomic(false)
    try held.queue.submit(
      Cancellation(),
      orElse: { _ in
        isExpired.store(true, ordering: .relaxed)
        told.signal()
      },
      { _ in
        isRun.store(true, ordering: .relaxed)
        told.signal()
      })
    usleep(30_000)
    held.release()
    told.wait()
    let (expired, run) = (isExpired.load(ordering: .relaxed), isRun.load(ordering: .relaxed))
    #expect(expired && !run)
    #expect(held.queue.refusalCount == 1)
  }

  @Test func `However long work takes, as much may wait as there are workers`() throws {
    let held = HeldQueue(maxWait: .milliseconds(1))
    try held.run(milliseconds: 50)
    try held.hold()
    try held.queue.submit(Cancellation()) { _ in }
    #expect(throws: QueueRefusal.self) { try held.queue.submit(Cancellation()) { _ in } }
    held.release()
  }
}
