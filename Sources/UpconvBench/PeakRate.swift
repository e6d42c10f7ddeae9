import Dispatch
import Synchronization
import UpconvKernels

/// What the cores can multiply and add from registers alone, now: a neighbour on the same machine takes its share.
enum PeakRate {
  /// GF/s of all threads together.
  static func gigaflops(threads: Int, _ tiles: Tiles) -> Double {
    let sum = Mutex(0.0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      let rate = tiles.peakGigaflops(rounds: 400_000)
      sum.withLock { $0 += rate }
    }
    return sum.withLock { $0 }
  }
}
