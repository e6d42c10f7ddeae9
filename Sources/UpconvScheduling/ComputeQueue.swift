import Dispatch
import Synchronization
package import UpconvSystem

/// Runs work away from the event loops: so much at once, so much waiting and for so long, first come first served.
///
/// Work that would wait too long is refused when it comes, not when its client has waited: what waits is bounded by the
/// time that it is expected to take, by the runs of late. First come first served, since then everybody who was taken
/// waits no longer than was expected; the last come would only be served first at the cost of those who were promised a
/// place.
package final class ComputeQueue: Sendable {
  struct State {
    var running = 0
    /// Work that has not been started, by the identity of its cancellation.
    var waiting: [ObjectIdentifier: Ticket] = [:]
    /// The order in which it came. What was started or cancelled is skipped.
    var order: [ObjectIdentifier] = []
    var firstInOrder = 0
    var estimate = WaitEstimate()
    /// Work whose content is still being read, and how long such work runs.
    var announcements = Announcements()
    var rates = RunRates()
    var refusals = 0
    var cancellations = 0
  }

  struct Ticket: Sendable {
    let cancellation: Cancellation
    let work: @Sendable (Cancellation) -> Void
    /// Called in its place where it waited too long; nil: it may wait as long as it takes.
    let expire: (@Sendable (QueueRefusal) -> Void)?
    let arrival: Moment
  }

  private let queue = DispatchQueue(label: "upconv.compute", attributes: .concurrent)
  let width: Int
  let maxWaiting: Int
  let maxWait: Duration
  let patience: Duration
  let state = Mutex(State())

  /// - Parameters:
  ///   - width: pieces of work that run at once, at least 1.
  ///   - maxWaiting: pieces that may wait; one more is refused.
  ///   - maxWait: how long a piece may wait. It is refused if most of that is expected, but `width` pieces may wait
  ///     in any case, so that no worker is ever idle for an expectation's sake.
  ///   - patience: how long announced work counts of which nothing has come.
  package init(width: Int, maxWaiting: Int, maxWait: Duration = .seconds(30), patience: Duration = .seconds(2)) {
    self.patience = patience
    self.width = max(1, width)
    self.maxWaiting = max(0, maxWaiting)
    self.maxWait = maxWait
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

  /// Takes a piece of work. It runs once, unless it is cancelled or expires before.
  /// - Parameter expire: called instead, on another thread, where it waited longer than work may; without it the work
  ///   waits as long as it takes.
  /// - Throws: if too much waits already.
  package func submit(
    _ cancellation: Cancellation, orElse expire: (@Sendable (QueueRefusal) -> Void)? = nil,
    _ work: @escaping @Sendable (Cancellation) -> Void
  ) throws(QueueRefusal) {
    let ticket = Ticket(cancellation: cancellation, work: work, expire: expire, arrival: .now)
    let (refusal, startsWorker) = state.withLock { state -> (QueueRefusal?, Bool) in
      let startsWorker = state.running < width
      if !startsWorker, let refusal = whyNoMore(state) {
        state.refusals += 1
        return (refusal, false)
      }
      if startsWorker { state.running += 1 }
      state.waiting[ObjectIdentifier(cancellation)] = ticket
      state.order.append(ObjectIdentifier(cancellation))
      return (nil, startsWorker)
    }
    if let refusal { throw refusal }
    if startsWorker { queue.async { self.work() } }
  }

  /// How long work will wait that comes now, while all workers are busy.
  private func expectedWait(_ state: State) -> Duration {
    state.estimate.wait(behind: state.waiting.count, workers: width)
  }

  /// Why no more may wait; nil if it may. An expectation is no promise: a quarter of the time is left for its error.
  private func whyNoMore(_ state: State) -> QueueRefusal? {
    let expected = expectedWait(state)
    let isTooMuch = state.waiting.count >= maxWaiting || (state.waiting.count >= width && expected > maxWait * 3 / 4)
    return isTooMuch ? QueueRefusal(expectedWait: expected) : nil
  }

  /// What somebody is told whose work finds no room elsewhere.
  package var refusal: QueueRefusal { QueueRefusal(expectedWait: state.withLock { expectedWait($0) }) }

  /// How often work was refused, or expired.
  package var refusalCount: Int { state.withLock { $0.refusals } }

  /// How often work was given up since nobody waited for it any more.
  package var cancellationCount: Int { state.withLock { $0.cancellations } }

  /// Nobody waits for this work any more: what runs is told, what waits makes room at once.
  package func cancel(_ cancellation: Cancellation) {
    cancellation.cancel()
    let dropped = state.withLock { state in
      state.cancellations += 1
      return state.waiting.removeValue(forKey: ObjectIdentifier(cancellation))
    }
    // Its tensors go here, not under the lock.
    withExtendedLifetime(dropped) {}
  }

  /// Pieces of work that run and that wait, now.
  package var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

  /// One of `width` workers: takes work until none waits.
  private func work() {
    var lastRun: Duration?
    while let ticket = next(after: lastRun) {
      lastRun = nil
      guard !ticket.cancellation.isCancelled else { continue }
      let start = Moment.now
      if let expire = ticket.expire, start - ticket.arrival > maxWait {
        expire(
          state.withLock { state in
            state.refusals += 1
            return QueueRefusal(expectedWait: expectedWait(state))
          })
        continue
      }
      ticket.work(ticket.cancellation)
      lastRun = Moment.now - start
    }
  }

  /// - Parameter lastRun: how long the piece took that this worker has run.
  private func next(after lastRun: Duration?) -> Ticket? {
    state.withLock { state in
      if let lastRun { state.estimate.note(ran: lastRun) }
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
