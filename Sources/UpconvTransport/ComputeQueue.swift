import Dispatch
import Synchronization
import UpconvHTTP

/// Runs jobs away from the event loops: so many at once, so many waiting, first come first served.
final class ComputeQueue: Sendable {
  private struct State {
    var running = 0
    var waiting: [Ticket] = []
    /// Tickets before this one have been started; they are dropped in bulk.
    var firstWaiting = 0
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

  /// Takes a job; false where too many wait already. `completion` is called once unless the job was cancelled.
  func submit(
    _ job: Job, _ cancellation: Cancellation, completion: @escaping @Sendable (Response) -> Void
  ) -> Bool {
    let ticket = Ticket(job: job, cancellation: cancellation, completion: completion)
    let decision = state.withLock { state -> (isTaken: Bool, startsWorker: Bool) in
      if state.running < width {
        state.running += 1
        state.waiting.append(ticket)
        return (true, true)
      }
      guard state.waiting.count - state.firstWaiting < maxWaiting else { return (false, false) }
      state.waiting.append(ticket)
      return (true, false)
    }
    if decision.startsWorker { queue.async { self.work() } }
    return decision.isTaken
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
      guard state.firstWaiting < state.waiting.count else {
        state.running -= 1
        return nil
      }
      let ticket = state.waiting[state.firstWaiting]
      state.firstWaiting += 1
      if state.firstWaiting * 2 > state.waiting.count {
        state.waiting.removeFirst(state.firstWaiting)
        state.firstWaiting = 0
      }
      return ticket
    }
  }
}

/// Says from one thread to another that an answer is no longer wanted.
final class Cancellation: Sendable {
  private let flag = Atomic(false)

  var isCancelled: Bool { flag.load(ordering: .relaxed) }

  func cancel() { flag.store(true, ordering: .relaxed) }
}
