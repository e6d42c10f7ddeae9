import Dispatch
import Synchronization
import UpconvHTTP

/// Runs jobs away from the event loops: so many at once, so many waiting, first come first served.
final class ComputeQueue: Sendable {
  private struct State {
    var running = 0
    /// Jobs that have not been started, by the identity of their cancellation.
    var waiting: [ObjectIdentifier: Ticket] = [:]
    /// The order in which they came. Those that were started or cancelled are skipped.
    var order: [ObjectIdentifier] = []
    var firstInOrder = 0
  }

  private struct Ticket: Sendable {
    let job: Job
    let cancellation: Cancellation
    let completion: @Sendable (Response) -> Void
  }

  private let queue = DispatchQueue(label: "upconv.compute", attributes: .concurrent)
  private let width: Int
  private let maxWaiting: Int
  private let state = Mutex(State())

  init(width: Int, maxWaiting: Int) {
    self.width = width
    self.maxWaiting = maxWaiting
  }

  /// Runs something on every part of Dispatch that jobs will need. It opens descriptors for itself when it is first
  /// used, and ends the process where there are none: so that happens before any client can take them.
  func warmUp(threads: Int) {
    queue.sync { DispatchQueue.concurrentPerform(iterations: max(2, threads)) { _ in } }
    let done = DispatchSemaphore(value: 0)
    queue.async { done.signal() }
    // A timer is the one thing that makes Dispatch's manager open all that it ever opens.
    queue.asyncAfter(deadline: .now() + .milliseconds(1)) { done.signal() }
    done.wait()
    done.wait()
  }

  /// Takes a job; false where too many wait already. `completion` is called once unless the job was cancelled.
  func submit(
    _ job: Job, _ cancellation: Cancellation, completion: @escaping @Sendable (Response) -> Void
  ) -> Bool {
    let ticket = Ticket(job: job, cancellation: cancellation, completion: completion)
    let decision = state.withLock { state -> (isTaken: Bool, startsWorker: Bool) in
      let startsWorker = state.running < width
      guard startsWorker || state.waiting.count < maxWaiting else { return (false, false) }
      if startsWorker { state.running += 1 }
      state.waiting[ObjectIdentifier(cancellation)] = ticket
      state.order.append(ObjectIdentifier(cancellation))
      return (true, startsWorker)
    }
    if decision.startsWorker { queue.async { self.work() } }
    return decision.isTaken
  }

  /// Nobody waits for this job any more: one that runs is told, one that waits makes room at once.
  func cancel(_ cancellation: Cancellation) {
    cancellation.cancel()
    let dropped = state.withLock { $0.waiting.removeValue(forKey: ObjectIdentifier(cancellation)) }
    // Its tensors go here, not under the lock.
    withExtendedLifetime(dropped) {}
  }

  /// One of `width` workers: takes jobs until none waits.
  private func work() {
    while let ticket = next() {
      guard !ticket.cancellation.isCancelled else { continue }
      let cancellation = ticket.cancellation
      let response = ticket.job.run { cancellation.isCancelled }
      if !cancellation.isCancelled { ticket.completion(response) }
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

/// Says from one thread to another that an answer is no longer wanted.
final class Cancellation: Sendable {
  private let flag = Atomic(false)

  var isCancelled: Bool { flag.load(ordering: .relaxed) }

  func cancel() { flag.store(true, ordering: .relaxed) }
}
