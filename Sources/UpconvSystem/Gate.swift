import CLinux

/// A count that threads wait on until another thread raises it; a waiting thread sleeps in the kernel.
///
/// A wait-free alternative to a semaphore: no thread can take another's wake-up, since every waiter looks again at what
/// it waits for. Read `count`, look at the condition, then call `wait(past:)` with the count read before.
// SAFETY: `word` is allocated here, freed with this object, and accessed by atomic operations alone.
package final class Gate: @unchecked Sendable {
  private let word = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

  package init() { word.initialize(to: 0) }

  deinit { word.deallocate() }

  /// The number of times that the gate was opened, modulo 2³².
  package var count: UInt32 { upconv_gate_count(word) }

  /// Sleeps until the count differs from `seen`. May return early: look at the condition again.
  package func wait(past seen: UInt32) { upconv_gate_wait(word, seen) }

  /// Raises the count and wakes every thread that waits. One system call.
  package func open() { upconv_gate_open(word) }
}
