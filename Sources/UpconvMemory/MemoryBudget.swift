import Synchronization
import UpconvSystem

/// The bytes that all requests together may hold: contents as they come, tensors, answers on their way out.
///
/// Who wants to hold some takes a lease first, and is refused if there are not as many left. That costs one atomic
/// exchange, and one subtraction when the lease is gone.
package final class MemoryBudget: Sendable {
  package let maxBytes: Int
  private let leased = Atomic(0)
  private let refusals = Atomic(0)
  /// Bytes that came back since the start. Those of small leases count only if they matter.
  private let drained = Atomic(0)
  private let drainRate = Mutex(DrainRate())

  /// Leases are of whole granules, so that what small requests learn of their size on the way changes nothing. It is
  /// about what a request takes besides contents and tensors.
  package static let granule = 64 << 10

  package init(maxBytes: Int) { self.maxBytes = max(0, maxBytes) }

  /// Bytes that are held now.
  package var leasedBytes: Int { leased.load(ordering: .relaxed) }

  /// How often somebody was refused.
  package var refusalCount: Int { refusals.load(ordering: .relaxed) }

  /// The right to hold `byteCount` bytes, until the lease is gone.
  package func lease(_ byteCount: Int) throws(MemoryRefusal) -> MemoryLease {
    let bytes = MemoryBudget.roundedUp(byteCount)
    try take(bytes, besides: 0)
    return MemoryLease(bytes, of: self)
  }

  /// The right to hold a granule, where `byteCount` bytes could be held now: for who announces that many, and takes them
  /// as they come. Nobody holds memory by an announcement alone.
  package func lease(announcing byteCount: Int) throws(MemoryRefusal) -> MemoryLease {
    try check(MemoryBudget.roundedUp(byteCount), besides: 0, leased: leased.load(ordering: .relaxed))
    return try lease(MemoryBudget.granule)
  }

  /// - Parameter held: bytes that the same lease has already.
  fileprivate func take(_ bytes: Int, besides held: Int) throws(MemoryRefusal) {
    var before = leased.load(ordering: .relaxed)
    // Never beyond the limit, not even for a moment: others would be refused in it.
    while true {
      try check(bytes, besides: held, leased: before)
      let (isTaken, found) = leased.weakCompareExchange(
        expected: before, desired: before + bytes, ordering: .relaxed)
      if isTaken { return }
      before = found
    }
  }

  /// Whether so many more could be held.
  /// - Parameters:
  ///   - held: bytes of the same lease.
  ///   - leased: bytes of all.
  private func check(_ bytes: Int, besides held: Int, leased: Int) throws(MemoryRefusal) {
    let (own, room) = (maxBytes - held, maxBytes - leased)
    guard bytes > room else { return }
    refusals.wrappingAdd(1, ordering: .relaxed)
    guard bytes <= own else { throw .neverFits(maxBytes: maxBytes) }
    let drained = drained.load(ordering: .relaxed)
    throw .full(
      retryAfterSeconds: drainRate.withLock {
        $0.seconds(toDrain: bytes - room, drainedSoFar: drained, at: .now)
      })
  }

  fileprivate func giveBack(_ bytes: Int) {
    let before = leased.wrappingSubtract(bytes, ordering: .relaxed).oldValue
    if bytes > MemoryBudget.granule || before > maxBytes / 2 { drained.wrappingAdd(bytes, ordering: .relaxed) }
  }

  fileprivate static func roundedUp(_ byteCount: Int) -> Int {
    let count = max(byteCount, 1)
    return count > Int.max - granule ? count : (count + granule - 1) / granule * granule
  }
}

/// The right to hold bytes of a budget. They are back with its last reference, whatever way a request ends.
///
/// Used by one thread at a time, as the request that it belongs to is.
package final class MemoryLease: Sendable {
  private let budget: MemoryBudget
  private let leased: Atomic<Int>

  fileprivate init(_ bytes: Int, of budget: MemoryBudget) {
    self.budget = budget
    leased = Atomic(bytes)
  }

  deinit { budget.giveBack(leased.load(ordering: .relaxed)) }

  /// Bytes that may be held now.
  package var byteCount: Int { leased.load(ordering: .relaxed) }

  /// Makes the lease large enough for `byteCount` bytes; never smaller. Where that is refused it stays as it is.
  package func grow(toHold byteCount: Int) throws(MemoryRefusal) {
    let held = leased.load(ordering: .relaxed)
    guard byteCount > held else { return }
    let wanted = MemoryBudget.roundedUp(byteCount)
    try budget.take(wanted - held, besides: held)
    leased.store(wanted, ordering: .relaxed)
  }

  /// Makes the lease fit `byteCount` bytes, smaller or larger. Where that is refused it stays as it is.
  package func fit(_ byteCount: Int) throws(MemoryRefusal) {
    try grow(toHold: byteCount)
    shrink(toHold: byteCount)
  }

  /// Gives back what `byteCount` bytes do not need.
  package func shrink(toHold byteCount: Int) {
    let (held, wanted) = (leased.load(ordering: .relaxed), MemoryBudget.roundedUp(byteCount))
    guard wanted < held else { return }
    leased.store(wanted, ordering: .relaxed)
    budget.giveBack(held - wanted)
  }
}

/// Why bytes were not lent.
package enum MemoryRefusal: Error, Equatable {
  /// Others hold too many now; about so long it may take them to give enough back.
  case full(retryAfterSeconds: Int)
  /// It is more than all requests together may hold.
  case neverFits(maxBytes: Int)
}
