import UpconvMemory

/// The memory that waits on one connection until the peer takes it, leased together: of many small answers each alone
/// would take a whole granule.
struct WaitingMemory {
  private(set) var byteCount = 0
  private var lease: MemoryLease?
  private let budget: MemoryBudget

  /// A connection may hold so many bytes without a lease, so that one small answer costs no exchange on the budget.
  private static let freeBytes = 4 << 10

  init(of budget: MemoryBudget) { self.budget = budget }

  /// Adds bytes that will wait. Returns false if there is no memory for them; then nothing is added.
  mutating func add(_ count: Int) -> Bool {
    let sum = byteCount + count
    do throws(MemoryRefusal) {
      if let lease {
        try lease.grow(toHold: sum)
      } else if sum > WaitingMemory.freeBytes {
        lease = try budget.lease(sum)
      }
    } catch { return false }
    byteCount = sum
    return true
  }

  /// Takes away bytes that were added.
  mutating func remove(_ count: Int) {
    byteCount -= count
    if byteCount <= WaitingMemory.freeBytes { lease = nil } else { lease?.shrink(toHold: byteCount) }
  }

  /// Takes away all bytes.
  mutating func removeAll() { remove(byteCount) }
}
