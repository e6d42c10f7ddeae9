import Synchronization
import UpconvTensor

/// A layer's filters, packed once for each order that an algorithm asked for, and shared by all plans.
final class FilterPacks: Sendable {
  /// What the order depends on.
  struct Key: Sendable, Hashable {
    let algorithm: Algorithm
    let lanes: Int
    /// Kernel indices of each phase, and how its outputs are tiled.
    let vertical: [[Int]]
    let horizontal: [[Int]]
  }

  /// A layer meets one or two algorithms, and crops that shift its phases only for odd sizes.
  private static let maxPacks = 4
  private let packs = Mutex<[(key: Key, packed: Tensor)]>([])

  /// The packed filters, from `pack` where they are asked for the first time. Others wait meanwhile, so that nothing
  /// is packed twice.
  func packed(_ key: Key, pack: () -> Tensor) -> Tensor {
    packs.withLock { packs in
      if let known = packs.first(where: { $0.key == key }) { return known.packed }
      let packed = pack()
      if packs.count == FilterPacks.maxPacks { packs.removeFirst() }
      packs.append((key, packed))
      return packed
    }
  }

  /// Bytes of all that is packed now.
  var byteCount: Int {
    packs.withLock { $0.reduce(0) { $0 + $1.packed.byteCount } }
  }
}
