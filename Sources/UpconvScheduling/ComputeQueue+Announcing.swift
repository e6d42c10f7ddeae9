import Synchronization
import UpconvSystem

extension ComputeQueue {
  /// Announces work when its request's head is there. From here on it counts, until the returned object is gone: of many
  /// that come at once, those that would wait too long are refused before any content is read.
  /// - Throws: if the work would be refused, were its content here.
  package func announce(_ work: ExpectedWork) throws(QueueRefusal) -> AnnouncedWork {
    let progress = AnnouncedProgress()
    let refusal = state.withLock { state -> QueueRefusal? in
      let now = Moment.now
      if let refusal = whyNotAnnounced(state, now) {
        state.refusals += 1
        return refusal
      }
      let run = state.rates.run(work) ?? state.estimate.meanRun ?? .zero
      state.announcements.add(progress, bytes: work.contentBytes, run: run, now: now)
      return nil
    }
    if let refusal { throw refusal }
    return AnnouncedWork(progress, in: self)
  }

  /// Takes note of how long announced work has run, or its share of a run of several.
  package func note(_ work: ExpectedWork, ran duration: Duration) {
    state.withLock { $0.rates.note(work, ran: duration) }
  }

  func forget(_ progress: AnnouncedProgress) { state.withLock { $0.announcements.remove(progress) } }

  /// Returns why no more work may be announced: too much waits, or what waits and what is being read will take too long.
  /// What is being read is not held to the number of those that may wait: it comes over time.
  private func whyNotAnnounced(_ state: borrowing State, _ now: Moment) -> QueueRefusal? {
    let isBusy = state.running >= width
    let announced = state.announcements.load(now: now, patience: patience, horizon: maxWait)
    let expected =
      (isBusy ? state.estimate.wait(behind: state.waiting.count, workers: width) : .zero) + announced.run / width
    let ahead = state.waiting.count + announced.count - max(0, width - state.running)
    let isTooMuch =
      (isBusy && state.waiting.count >= maxWaiting) || (ahead >= width && expected > maxWait * 3 / 4)
    return isTooMuch ? QueueRefusal(expectedWait: expected) : nil
  }
}

/// Work whose content is being read: it has no place in the queue yet, and will want one. It ends with its last
/// reference.
package final class AnnouncedWork: Sendable {
  private let progress: AnnouncedProgress
  private let queue: ComputeQueue

  init(_ progress: AnnouncedProgress, in queue: ComputeQueue) {
    self.progress = progress
    self.queue = queue
  }

  deinit { queue.forget(progress) }

  /// Takes note of content that has come.
  package func receive(bytes count: Int) { progress.receivedBytes.wrappingAdd(count, ordering: .relaxed) }
}
