import Dispatch
import Synchronization
import Testing
import UpconvSystem

@testable import UpconvMemory

@Suite struct MemoryBudgetTests {
  private static let granule = MemoryBudget.granule

  @Test func `What is leased is back when the lease is gone, and not before`() throws {
    let budget = MemoryBudget(maxBytes: 10 * Self.granule)
    var lease: MemoryLease? = try budget.lease(3 * Self.granule)
    let other = lease
    lease = nil
    #expect(budget.leasedBytes == 3 * Self.granule)
    withExtendedLifetime(other) {}
    do {
      _ = try budget.lease(1)
    }
    lease = try budget.lease(0)
    #expect(lease?.byteCount == Self.granule)
  }

  @Test func `Nothing stays leased`() throws {
    let budget = MemoryBudget(maxBytes: 10 * Self.granule)
    do {
      let lease = try budget.lease(Self.granule)
      try lease.grow(toHold: 5 * Self.granule - 1)
      #expect(budget.leasedBytes == 5 * Self.granule)
      try lease.grow(toHold: 1)
      #expect(budget.leasedBytes == 5 * Self.granule)
      try lease.fit(2 * Self.granule)
      #expect(budget.leasedBytes == 2 * Self.granule)
      try lease.fit(3 * Self.granule)
      #expect(budget.leasedBytes == 3 * Self.granule)
    }
    #expect(budget.leasedBytes == 0)
  }

  @Test func `Who finds no room is refused, and changes nothing`() throws {
    let budget = MemoryBudget(maxBytes: 4 * Self.granule)
    let lease = try budget.lease(3 * Self.granule)
    #expect(throws: MemoryRefusal.full(retryAfterSeconds: 1)) { _ = try budget.lease(2 * Self.granule) }
    #expect(throws: MemoryRefusal.neverFits(maxBytes: 4 * Self.granule)) { try lease.grow(toHold: 5 * Self.granule) }
    #expect(throws: MemoryRefusal.neverFits(maxBytes: 4 * Self.granule)) { try lease.grow(toHold: .max) }
    #expect(throws: MemoryRefusal.neverFits(maxBytes: 4 * Self.granule)) { _ = try budget.lease(.max) }
    #expect(budget.leasedBytes == 3 * Self.granule)
    #expect(budget.refusalCount == 4)
    try lease.grow(toHold: 4 * Self.granule)
    #expect(throws: MemoryRefusal.full(retryAfterSeconds: 1)) { _ = try budget.lease(1) }
  }

  @Test func `Threads never hold more than there is, and all is back in the end`() {
    let budget = MemoryBudget(maxBytes: 8 * Self.granule)
    let most = Atomic(0)
    let held = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for round in 0..<5_000 {
        let wanted = (1 + (thread + round) % 4) * Self.granule
        guard let lease = try? budget.lease(wanted) else { continue }
        let now = held.wrappingAdd(wanted, ordering: .relaxed).newValue
        most.max(now, ordering: .relaxed)
        held.wrappingSubtract(wanted, ordering: .relaxed)
        withExtendedLifetime(lease) {}
      }
    }
    #expect(most.load(ordering: .relaxed) <= budget.maxBytes)
    #expect(budget.leasedBytes == 0)
  }

  @Test func `The time to wait follows from how fast it drains`() {
    var rate = DrainRate()
    let start = Moment.now
    #expect(rate.seconds(toDrain: 1000, drainedSoFar: 0, at: start) == 1)
    // 100 bytes a second.
    #expect(rate.seconds(toDrain: 1000, drainedSoFar: 50, at: start + .milliseconds(500)) == 10)
    #expect(rate.seconds(toDrain: 10, drainedSoFar: 50, at: start + .milliseconds(501)) == 1)
    // Twice as fast now: it is believed by half.
    #expect(rate.seconds(toDrain: 1500, drainedSoFar: 250, at: start + .milliseconds(1500)) == 10)
    // Nothing comes back.
    for second in 2...20 {
      _ = rate.seconds(toDrain: 1500, drainedSoFar: 250, at: start + .milliseconds(1500) + .seconds(second))
    }
    #expect(rate.seconds(toDrain: 1500, drainedSoFar: 250, at: start + .seconds(23)) == DrainRate.maxSeconds)
    // Nobody was refused for a while: nothing is known.
    #expect(rate.seconds(toDrain: 1500, drainedSoFar: 300, at: start + .seconds(60)) == 1)
  }
}
