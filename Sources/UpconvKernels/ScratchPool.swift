import Synchronization

/// Memory for the time of one call, kept for the next.
package final class ScratchArena {
  package private(set) var elements: UnsafeMutableBufferPointer<Float>

  fileprivate init(elementCount: Int) {
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: elementCount * MemoryLayout<Float>.stride, alignment: ScratchArena.alignment)
    elements = UnsafeMutableBufferPointer(
      start: bytes.bindMemory(to: Float.self, capacity: elementCount), count: elementCount)
  }

  deinit { UnsafeMutableRawPointer(elements.baseAddress!).deallocate() }

  /// A page: a vector load never straddles a cache line, and guards can be set beside it.
  private static let alignment = 4096
}

/// The arenas that are not in use, for all threads of the process.
///
/// A warm call allocates nothing: it takes the smallest arena that is large enough. What is kept is bounded;
/// arenas beyond it are freed when they come back.
package final class ScratchPool: Sendable {
  package static let shared = ScratchPool(maxBytes: 64 << 20)

  private let maxBytes: Int
  private let idle = Mutex<Idle>(Idle())

  // SAFETY: an arena in the list is referred to by nothing else, and the list is only reached under the lock.
  private struct Idle: @unchecked Sendable {
    var arenas: [ScratchArena] = []
    var bytes = 0
  }

  package init(maxBytes: Int) { self.maxBytes = maxBytes }

  /// Bytes that are kept for later calls.
  package var idleBytes: Int { idle.withLock { $0.bytes } }

  /// Lends at least `elementCount` numbers of undefined value, aligned to a page.
  package func withScratch(elementCount: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let arena = take(elementCount) ?? ScratchArena(elementCount: max(elementCount, 1))
    body(arena.elements.baseAddress!)
    give(back: arena)
  }

  private func take(_ elementCount: Int) -> ScratchArena? {
    idle.withLock { idle in
      var best: Int?
      for (index, arena) in idle.arenas.enumerated() where arena.elements.count >= elementCount {
        if best.map({ arena.elements.count < idle.arenas[$0].elements.count }) ?? true { best = index }
      }
      guard let best else { return nil }
      let arena = idle.arenas.remove(at: best)
      idle.bytes -= arena.bytes
      return arena
    }
  }

  private func give(back arena: ScratchArena) {
    idle.withLock { idle in
      guard idle.bytes + arena.bytes <= maxBytes else { return }
      idle.bytes += arena.bytes
      idle.arenas.append(arena)
    }
  }
}

extension ScratchArena {
  fileprivate var bytes: Int { elements.count * MemoryLayout<Float>.stride }
}
