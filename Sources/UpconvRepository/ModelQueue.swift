import Dispatch
import Glibc
import Synchronization
package import UpconvModels
package import UpconvScheduling
package import UpconvTensor

/// The requests that wait for one version of a model, and what runs them: in their order, joined where they fit.
///
/// Requests whose images have the same size are joined along the batch. An image's bits do not depend on its company,
/// which the core guarantees (docs/design.md).
package final class ModelQueue: Sendable {
  package let model: Model
  package let policy: ServingPolicy
  package let statistics = ModelStatistics()
  private let compute: ComputeQueue
  private let threads: Int
  private let waiting = Mutex(Waiting())

  private struct Waiting {
    var entries: [Entry] = []
    var nextIdentity = 0
  }

  private struct Entry: Sendable {
    let identity: Int
    let work: InferenceWork
    let arrival: ContinuousClock.Instant
  }

  /// Joining copies inputs and outputs. It pays where a run is short beside its overheads, and such runs are small.
  private static let maxJoinedElements = 1 << 18

  /// - Parameters:
  ///   - compute: where runs happen; shared by all models.
  ///   - threads: threads that one run may use.
  package init(model: Model, policy: ServingPolicy, compute: ComputeQueue, threads: Int) {
    self.model = model
    self.policy = policy
    self.compute = compute
    self.threads = threads
  }

  /// Requests that wait now.
  package var depth: Int { waiting.withLock { $0.entries.count } }

  /// Takes a request, whose answer comes from another thread.
  /// - Throws: `.queueFull`, `.overloaded`: nothing was taken.
  package func submit(_ work: InferenceWork) throws(InferenceFailure) {
    let now = ContinuousClock.now
    let entered = waiting.withLock { waiting -> (identity: Int, isBatchFull: Bool)? in
      if waiting.entries.count >= policy.maxQueueSize { waiting.entries.removeAll { $0.work.isCancelled() } }
      guard waiting.entries.count < policy.maxQueueSize else { return nil }
      waiting.nextIdentity += 1
      waiting.entries.append(Entry(identity: waiting.nextIdentity, work: work, arrival: now))
      let images = waiting.entries.reduce(0) { $0 + ($1.work.input.shape.dimensions.first ?? 1) }
      return (waiting.nextIdentity, images >= policy.maxBatchSize)
    }
    guard let entered else {
      statistics.addRejection()
      throw .queueFull(maxWaiting: policy.maxQueueSize)
    }
    if let deadline = work.deadline { expire(entered.identity, at: deadline, now) }
    if policy.maxQueueDelay > .zero, !entered.isBatchFull {
      ModelQueue.timers.asyncAfter(deadline: .now() + policy.maxQueueDelay.dispatchInterval) { [self] in
        if !requestRun(), let entry = remove(entered.identity) {
          statistics.addRejection()
          entry.work.answer(.failure(.overloaded))()
        }
      }
    } else if !requestRun(), remove(entered.identity) != nil {
      statistics.addRejection()
      throw .overloaded
    }
  }

  /// Runs a request on the caller's thread, past whoever waits: for runs that are shorter than waiting, and for callers
  /// that have waited elsewhere.
  package func runInPlace(
    _ input: Tensor, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(InferenceFailure) -> Tensor {
    let clock = ContinuousClock()
    let start = clock.now
    do {
      let output = try model.run(input, threads: threads, isCancelled: isCancelled)
      statistics.addRun(
        batchSize: input.shape.dimensions.first ?? 1, waits: [.zero], input: .zero, infer: clock.now - start,
        output: .zero, millisecondsSince1970: ModelQueue.millisecondsSince1970())
      return output
    } catch {
      statistics.addFailure(after: clock.now - start)
      throw .run(error)
    }
  }

  // MARK: Runs

  /// One place in the queue that all models share; it will run whatever is first here by then.
  private func requestRun() -> Bool {
    compute.submit(Cancellation()) { [self] _ in runNextBatch() }
  }

  private func runNextBatch() {
    let clock = ContinuousClock()
    let start = clock.now
    let batch = takeBatch()
    guard let first = batch.first else { return }
    let works = batch.map(\.work)
    let input = batch.count == 1 ? first.work.input : Tensor.joined(works.map(\.input))
    let inputEnd = clock.now
    let output: Tensor
    do {
      output = try model.run(input, threads: threads) { works.allSatisfy { $0.isCancelled() } }
    } catch {
      if case .cancelled = error {
        for _ in batch { statistics.addCancellation() }
      } else {
        for entry in batch { statistics.addFailure(after: clock.now - entry.arrival) }
      }
      for work in works where !work.isCancelled() { work.answer(.failure(.run(error)))() }
      return
    }
    let inferEnd = clock.now
    let outputs = batch.count == 1 ? [output] : output.split(works.map { $0.input.shape.dimensions[0] })
    let sends = zip(works, outputs).map { work, output in work.answer(.success(output)) }
    statistics.addRun(
      batchSize: input.shape.dimensions.first ?? 1, waits: batch.map { start - $0.arrival },
      input: inputEnd - start, infer: inferEnd - inputEnd, output: clock.now - inferEnd,
      millisecondsSince1970: ModelQueue.millisecondsSince1970())
    for send in sends { send() }
  }

  /// The first request that is still wanted, with those that fit behind it.
  private func takeBatch() -> [Entry] {
    var cancelled = 0
    let batch = waiting.withLock { waiting -> [Entry] in
      var batch: [Entry] = []
      var images = 0
      var elements = 0
      waiting.entries.removeAll { entry in
        if entry.work.isCancelled() {
          cancelled += 1
          return true
        }
        let shape = entry.work.input.shape
        if let first = batch.first {
          guard shape.rank > 0, shape.dimensions.dropFirst() == first.work.input.shape.dimensions.dropFirst(),
            images + shape[0] <= policy.maxBatchSize, elements + shape.elementCount <= ModelQueue.maxJoinedElements
          else { return false }
        }
        batch.append(entry)
        images += shape.dimensions.first ?? 1
        elements += shape.elementCount
        return true
      }
      return batch
    }
    for _ in 0..<cancelled { statistics.addCancellation() }
    return batch
  }

  // MARK: Deadlines

  private static let timers = DispatchQueue(label: "upconv.deadlines")

  private func expire(_ identity: Int, at deadline: ContinuousClock.Instant, _ now: ContinuousClock.Instant) {
    ModelQueue.timers.asyncAfter(deadline: .now() + (deadline - now).dispatchInterval) { [weak self] in
      guard let self, let entry = remove(identity) else { return }
      let waited = ContinuousClock.now - entry.arrival
      statistics.addExpiry(after: waited)
      entry.work.answer(.failure(.expired(waited: waited)))()
    }
  }

  private func remove(_ identity: Int) -> Entry? {
    waiting.withLock { waiting in
      guard let index = waiting.entries.firstIndex(where: { $0.identity == identity }) else { return nil }
      return waiting.entries.remove(at: index)
    }
  }

  private static func millisecondsSince1970() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
  }
}

extension Duration {
  /// At least zero, and bounded: nobody waits for a year.
  fileprivate var dispatchInterval: DispatchTimeInterval {
    .nanoseconds(min(max(nanoseconds, 0), 31_536_000_000_000_000))
  }
}
