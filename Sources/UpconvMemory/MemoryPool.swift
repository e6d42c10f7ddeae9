import Glibc
import Synchronization

/// Large pieces of memory that are kept for the next call, for all threads of the process.
///
/// The C library would give a freed tensor back to the system, whose next owner pays for every page again, or keep
/// it at the top of one thread's heap, where nobody else finds it and nobody can give it back. Here it is found by
/// whoever comes next; what is idle is bounded, and goes back to the system when the server rests.
package final class MemoryPool: Sendable {
  /// For tensors and scratch alike: an answer that was sent is the next request's scratch.
  package static let shared = MemoryPool(maxIdleBytes: 64 << 20)

  /// Memory of at least this size comes in pages of this size: the first byte that is written takes a whole one.
  package static let hugePageBytes = MemoryRegion.hugePage

  /// Bytes that may be idle; what comes back beyond them goes to the system.
  package let maxIdleBytes: Int
  private let idle = Mutex<Idle>(Idle())

  // SAFETY: a region in the list is referred to by nothing else, and the list is only reached under the lock.
  private struct Idle: @unchecked Sendable {
    /// Those that came back last stand last: they are likeliest to be in a cache.
    var regions: [MemoryRegion] = []
    var bytes = 0
  }

  package init(maxIdleBytes: Int) { self.maxIdleBytes = maxIdleBytes }

  deinit { releaseIdle() }

  /// Bytes that are kept for later calls now.
  package var idleBytes: Int { idle.withLock { $0.bytes } }

  /// Gives everything that is idle back to the system.
  package func releaseIdle() {
    let regions = idle.withLock { idle in
      defer { idle = Idle() }
      return idle.regions
    }
    for region in regions { region.unmap() }
  }

  /// Lends memory of undefined content for the time of a call, aligned to a page. Allocates nothing where a piece of
  /// fitting size is idle.
  package func withMemory(byteCount: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
    let region = take(byteCount)
    body(region.start)
    give(back: region)
  }

  /// Memory of undefined content, aligned to a page, that comes back when its owner is gone.
  package func memory(byteCount: Int) -> PooledMemory { PooledMemory(take(byteCount), of: self) }

  private func take(_ byteCount: Int) -> MemoryRegion {
    let wanted = MemoryRegion.roundedUp(byteCount)
    let found = idle.withLock { idle -> MemoryRegion? in
      var best: Int?
      for (index, region) in idle.regions.enumerated()
      where region.byteCount >= wanted && region.byteCount / 2 <= wanted {
        // The smallest; of equal ones the last.
        if best.map({ region.byteCount <= idle.regions[$0].byteCount }) ?? true { best = index }
      }
      guard let best else { return nil }
      let region = idle.regions.remove(at: best)
      idle.bytes -= region.byteCount
      return region
    }
    return found ?? MemoryRegion(mapping: wanted)
  }

  fileprivate func give(back region: MemoryRegion) {
    let isKept = idle.withLock { idle in
      guard idle.bytes + region.byteCount <= maxIdleBytes, idle.regions.count < MemoryPool.maxIdleRegions else {
        return false
      }
      idle.bytes += region.byteCount
      idle.regions.append(region)
      return true
    }
    if !isKept { region.unmap() }
  }

  /// Finding one looks at each.
  private static let maxIdleRegions = 128
}

/// The one owner of memory that a pool lent.
// SAFETY: the region is this object's alone until its deinit; who holds the object decides who writes to it when.
package final class PooledMemory: @unchecked Sendable {
  package var start: UnsafeMutableRawPointer { region.start }
  /// At least what was asked for.
  package var byteCount: Int { region.byteCount }
  private let region: MemoryRegion
  private let pool: MemoryPool

  fileprivate init(_ region: MemoryRegion, of pool: MemoryPool) {
    self.region = region
    self.pool = pool
  }

  deinit { pool.give(back: region) }
}

/// Pages of the system.
private struct MemoryRegion {
  let start: UnsafeMutableRawPointer
  let byteCount: Int

  private static let granule = 64 << 10
  fileprivate static let hugePage = 2 << 20

  static func roundedUp(_ byteCount: Int) -> Int {
    max(granule, byteCount > Int.max - granule ? byteCount : (byteCount + granule - 1) / granule * granule)
  }

  /// Ends the process where the system has no memory left, as every allocation in Swift does.
  init(mapping byteCount: Int) {
    // Begins at a huge page where it is longer than one: fewer page faults, fewer misses of the address cache.
    let spare = byteCount >= MemoryRegion.hugePage ? MemoryRegion.hugePage : 0
    let (mapped, overflow) = byteCount.addingReportingOverflow(spare)
    let address = overflow ? MAP_FAILED : mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address, address != MAP_FAILED else { fatalError("out of memory: \(byteCount) bytes") }
    start = spare == 0 ? address : address.alignedUp(toMultipleOf: spare)
    self.byteCount = byteCount
    guard spare > 0 else { return }
    let before = start - address
    if before > 0 { munmap(address, before) }
    if spare > before { munmap(start + byteCount, spare - before) }
    madvise(start, byteCount, MADV_HUGEPAGE)
  }

  func unmap() { munmap(start, byteCount) }
}
