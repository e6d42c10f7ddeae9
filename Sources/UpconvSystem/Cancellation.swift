import Synchronization

/// Tells the threads that compute an answer that its client no longer waits for it. Work looks at it often.
package final class Cancellation: Sendable {
  private let flag = Atomic(false)
  private let parts: [Cancellation]

  package init() { parts = [] }

  /// A cancellation of work that serves several requests: it is cancelled once each of `parts` is.
  package init(ofAll parts: [Cancellation]) { self.parts = parts }

  /// Cost: O(number of parts).
  package var isCancelled: Bool {
    if flag.load(ordering: .relaxed) { return true }
    return !parts.isEmpty && parts.allSatisfy(\.isCancelled)
  }

  package func cancel() { flag.store(true, ordering: .relaxed) }
}
