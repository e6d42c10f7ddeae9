import Dispatch
import Synchronization
import UpconvSystem

/// Those who wait for the repository's index: one reading of the folder serves all who came before it began.
final class SharedIndexReading: Sendable {
  private struct Waiting: Sendable {
    let cancellation: Cancellation?
    let completion: @Sendable ([ModelStatus]) -> Void
  }

  private struct State {
    var waiting: [Waiting] = []
    var isReading = false
    var readingCount = 0
  }

  private let queue = DispatchQueue(label: "upconv.repository.listing")
  private let state = Mutex(State())
  private let maxWaiting: Int

  init(maxWaiting: Int) { self.maxWaiting = maxWaiting }

  /// How often the folder was read.
  var readingCount: Int { state.withLock { $0.readingCount } }

  /// Calls `completion` with the next reading's result, on a queue of its own; not after `cancellation`.
  /// - Parameter read: reads the index.
  /// - Returns: whether there was room for one more who waits.
  func wait(
    cancellation: Cancellation?, _ completion: @escaping @Sendable ([ModelStatus]) -> Void,
    read: @escaping @Sendable () -> [ModelStatus]
  ) -> Bool {
    let (isTaken, begins) = state.withLock { state -> (Bool, Bool) in
      if state.waiting.count >= maxWaiting { state.waiting.removeAll { $0.cancellation?.isCancelled == true } }
      guard state.waiting.count < maxWaiting else { return (false, false) }
      state.waiting.append(Waiting(cancellation: cancellation, completion: completion))
      defer { state.isReading = true }
      return (true, !state.isReading)
    }
    if begins { queue.async { self.serve(read) } }
    return isTaken
  }

  /// Reads until nobody waits.
  private func serve(_ read: () -> [ModelStatus]) {
    while true {
      let served = state.withLock { state -> [Waiting] in
        let served = state.waiting.filter { $0.cancellation?.isCancelled != true }
        state.waiting = []
        if served.isEmpty { state.isReading = false } else { state.readingCount += 1 }
        return served
      }
      guard !served.isEmpty else { return }
      let statuses = read()
      for waiting in served where waiting.cancellation?.isCancelled != true { waiting.completion(statuses) }
    }
  }
}
