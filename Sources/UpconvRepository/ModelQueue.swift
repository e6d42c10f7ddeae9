import Dispatch
import Glibc
import Synchronization
package import UpconvModels
package import UpconvScheduling
package import UpconvSystem
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
  private let waiting = Mutex(WaitingRequests())

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
  package var depth: Int { waiting.withLock { $0.requests.count } }

  /// Takes a request, whose answer comes from another thread.
  /// - Throws: `.queueFull`, `.overloaded`: nothing was taken.
  package func submit(_ work: InferenceWork) throws(InferenceFailure) {
    let entered = waiting.withLock { waiting -> (identity: Int?, isBatchFull: Bool, gone: Int, expiry: Expiry?) in
      let gone = waiting.requests.count < policy.maxQueueSize ? 0 : waiting.removeCancelled()
      guard waiting.requests.count < policy.maxQueueSize else { return (nil, false, gone, nil) }
      let identity = waiting.append(work)
      return (identity, waiting.images >= policy.maxBatchSize, gone, waiting.nextExpiry(after: work.deadline))
    }
    statistics.addCancellations(entered.gone)
    guard let identity = entered.identity else {
      statistics.addRejection()
      throw .queueFull(
        maxWaiting: policy.maxQueueSize, retryAfterSeconds: compute.refusal.retryAfterSeconds)
    }
    if let expiry = entered.expiry { arm(expiry) }
    if policy.maxQueueDelay > .zero, !entered.isBatchFull {
      ModelQueue.timers.asyncAfter(deadline: .now() + policy.maxQueueDelay.dispatchInterval) { [self] in
        if let (refused, failure) = askForRun(identity) { refused.work.answer(.failure(failure), nil)() }
      }
    } else if let (refused, failure) = askForRun(identity) {
      guard refused.identity == identity else { return refused.work.answer(.failure(failure), nil)() }
      throw failure
    }
  }

  /// Runs a request on the caller's thread, past whoever waits: for runs that are shorter than waiting, and for callers
  /// that have waited elsewhere.
  package func runInPlace(
    _ input: Tensor, cancellation: Cancellation? = nil
  ) throws(InferenceFailure) -> Tensor {
    let start = Moment.now
    do {
      let output = try model.run(input, threads: threads, cancellation: cancellation)
      statistics.addRun(
        batchSize: input.shape.dimensions.first ?? 1, waits: [.zero], input: .zero, infer: Moment.now - start,
        output: .zero, millisecondsSince1970: ModelQueue.millisecondsSince1970())
      return output
    } catch {
      if case .cancelled = error {
        statistics.addCancellations(1)
      } else {
        statistics.addFailure(after: Moment.now - start)
      }
      throw .run(error)
    }
  }

  // MARK: Runs

  /// A request that has come, or has waited for company long enough, needs a run; one that is asked for already and has
  /// not begun will do, where there are enough of them. It takes whoever is first here by then.
  /// - Returns: a request that has lost its place, since the queue that all models share has none: this one, as a rule.
  private func askForRun(_ identity: Int) -> (refused: WaitingRequests.Request, InferenceFailure)? {
    guard waiting.withLock({ $0.needsRun() }) else { return nil }
    do {
      try compute.submit(Cancellation()) { [self] _ in work() }
      return nil
    } catch {
      guard let refused = waiting.withLock({ $0.giveUpRun(for: identity) }) else { return nil }
      statistics.addRejection()
      return (refused, .overloaded(retryAfterSeconds: error.retryAfterSeconds))
    }
  }

  private func work() {
    waiting.withLock { $0.beginRun() }
    repeat { runNextBatch() } while waiting.withLock { $0.isForgotten }
  }

  private func runNextBatch() {
    let start = Moment.now
    let batch = takeBatch(start)
    guard let first = batch.first else { return }
    let works = batch.map(\.work)
    let input = batch.count == 1 ? first.work.input : Tensor.joined(works.map(\.input))
    let inputEnd = Moment.now
    let output: Tensor
    do {
      let cancellation = batch.count == 1 ? first.work.cancellation : Cancellation(ofAll: works.map(\.cancellation))
      output = try model.run(input, threads: threads, cancellation: cancellation)
    } catch {
      if case .cancelled = error { return statistics.addCancellations(batch.count) }
      let run = InferenceWork.Run(start: start, end: Moment.now, requestCount: batch.count)
      for request in batch { statistics.addFailure(after: run.end - request.arrival) }
      for work in works { work.answer(.failure(.run(error)), run)() }
      return
    }
    let inferEnd = Moment.now
    let outputs = batch.count == 1 ? [output] : output.split(works.map { $0.input.shape.dimensions[0] })
    let run = InferenceWork.Run(start: start, end: inferEnd, requestCount: batch.count)
    let sends = zip(works, outputs).map { work, output in work.answer(.success(output), run) }
    statistics.addRun(
      batchSize: input.shape.dimensions.first ?? 1, waits: batch.map { start - $0.arrival },
      input: inputEnd - start, infer: inferEnd - inputEnd, output: Moment.now - inferEnd,
      millisecondsSince1970: ModelQueue.millisecondsSince1970())
    for send in sends { send() }
  }

  /// The first request that is still wanted, with those that fit behind it.
  private func takeBatch(_ now: Moment) -> [WaitingRequests.Request] {
    let (batch, gone, expired) = waiting.withLock { waiting in
      let gone = waiting.removeCancelled()
      let expired = waiting.removeExpired(now)
      var batch: [WaitingRequests.Request] = []
      var shape: Shape?
      waiting.requests.removeAll { request in
        let next = request.work.input.shape
        guard let last = shape else {
          shape = next
          batch.append(request)
          return true
        }
        guard let joined = joined(last, next) else { return false }
        shape = joined
        batch.append(request)
        return true
      }
      return (batch, gone, expired)
    }
    statistics.addCancellations(gone)
    answerExpired(expired, now)
    return batch
  }

  /// The shape of two inputs in one run; nil if they do not fit, or are too much together.
  private func joined(_ first: Shape, _ second: Shape) -> Shape? {
    guard second.rank == first.rank, second.rank > 0, second.dimensions.dropFirst() == first.dimensions.dropFirst(),
      first[0] + second[0] <= policy.maxBatchSize,
      first.elementCount + second.elementCount <= ModelQueue.maxJoinedElements
    else { return nil }
    let shape = Shape(known: [first[0] + second[0]] + first.dimensions.dropFirst())
    // Each is within the model's limits; together they may not be.
    return (try? model.outputShape(for: shape)) == nil ? nil : shape
  }

  // MARK: Deadlines

  private typealias Expiry = Moment

  private static let timers = DispatchQueue(label: "upconv.deadlines")

  /// One timer looks after all requests that wait: who is answered in time leaves none behind.
  private func arm(_ expiry: Expiry) {
    let wait = (expiry - Moment.now).dispatchInterval
    ModelQueue.timers.asyncAfter(deadline: .now() + wait) { [weak self] in self?.expire() }
  }

  private func expire() {
    let now = Moment.now
    let (expired, next) = waiting.withLock { ($0.removeExpired(now), $0.nextExpiry(now: now)) }
    if let next { arm(next) }
    answerExpired(expired, now)
  }

  private func answerExpired(_ expired: [WaitingRequests.Request], _ now: Moment) {
    for request in expired {
      let waited = now - request.arrival
      statistics.addExpiry(after: waited)
      request.work.answer(.failure(.expired(waited: waited)), nil)()
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
