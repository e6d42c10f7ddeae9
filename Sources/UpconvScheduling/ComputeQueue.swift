import Dispatch
import Synchronization

/// Runs work away from the event loops: so much at once, so much waiting, first come first served.
package final class ComputeQueue: Sendable {
  private struct State {
    var running = 0
    /// Work that has not been started, by the identity of its cancellation.
    var waiting: [ObjectIdentifier: Ticket] = [:]
    /// The order in which it came. What was started or cancelled is skipped.
    var order: [ObjectIdentifier] = []
    var firstInOrder = 0
  }

  private struct Ticket: Sendable {
    let cancellation: Cancellation
    let work: @Sendable (Cancellation) -> Void
  }

  private let queue = DispatchQueue(label: "upconv.compute", attributes: .concurrent)
  private let width: Int
  private let maxWaiting: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - width: pieces of work that run at once, at least 1.
  ///   - maxWaiting: pieces that may wait; one more is refused.
  package init(width: Int, maxWaiting: Int) {
    self.width = max(1, width)
    self.maxWaiting = max(0, maxWaiting)
  }

  /// Runs something on every part of Dispatch that work will need. It opens descriptors for itself when it is first
  /// used, and ends the process where there are none: so that happens before any client can take them.
  package func warmUp() {
    queue.sync { DispatchQueue.concurrentPerform(iterations: max(2, width)) { _ in } }
    let done = DispatchSemaphore(value: 0)
    queue.async { done.signal() }
    // A timer is the one thing that makes Dispatch's manager open all that it ever opens.
    queue.asyncAfter(deadline: .now() + .milliseconds(1)) { done.signal() }
    done.wait()
    done.wait()
  }

  /// Takes a piece of work; false where too much waits already. It runs once, unless it is cancelled before.
  package func submit(
    _ cancellation: Cancellation, _ work: @escaping @Sendable (Cancellation) -> Void
  ) -> Bool {
    let decision = state.withLock { state -> (isTaken: Bool, startsWorker: Bool) in
      let startsWorker = state.running < width
      guard startsWorker || state.waiting.count < maxWaiting else { return (false, false) }
      if startsWorker { state.running += 1 }
      state.waiting[ObjectIdentifier(cancellation)] = Ticket(cancellation: cancellation, work: work)
      state.order.append(ObjectIdentifier(cancellation))
      return (true, startsWorker)
    }
    if decision.startsWorker { queue.async { self.work() } }
    return decision.isTaken
  }

  /// Nobody waits for this work any more: what runs is told, what waits makes room at once.
  package func cancel(_ cancellation: Cancellation) {
    cancellation.cancel()
    let dropped = state.withLock { $0.waiting.removeValue(forKey: ObjectIdentifier(cancellation)) }
    // Its tensors go here, not under the lock.
    withExtendedLifetime(dropped) {}
  }

  /// Pieces of work that run and that wait, now.
  package var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

  /// One of `width` workers: takes work until none waits.
  private func work() {
    while let ticket = next() {
      if !ticket.cancellation.isCancelled { ticket.work(ticket.cancellation) }
    }
  }

  private func next() -> Ticket? {
    state.withLock { state in
      while state.firstInOrder < state.order.count {
        let identity = state.order[state.firstInOrder]
        state.firstInOrder += 1
        if state.firstInOrder * 2 > state.order.count {
          state.order.removeFirst(state.firstInOrder)
          state.firstInOrder = 0
        }
        if let ticket = state.waiting.removeValue(forKey: identity) { return ticket }
      }
      state.running -= 1
      return nil
    }
  }
}
