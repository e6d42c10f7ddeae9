import Synchronization
import UpconvSystem

/// What happened to one version of a model since it was loaded, under the names of Triton's statistics extension.
package final class ModelStatistics: Sendable {
  /// So many times, so long in all.
  package struct Total: Sendable, Equatable {
    package var count = 0
    package var nanoseconds = 0

    package init() {}

    mutating func add(_ duration: Duration, times: Int = 1) {
      count += times
      nanoseconds += duration.nanoseconds * times
    }
  }

  /// What batches of one size took.
  package struct BatchTotal: Sendable, Equatable {
    package let batchSize: Int
    package var computeInput = Total()
    package var computeInfer = Total()
    package var computeOutput = Total()
  }

  package struct Values: Sendable {
    /// Milliseconds since 1970 of the last inference; 0 before the first.
    package var lastInferenceMilliseconds = 0
    /// Images in all: a request of batch 3 counts 3.
    package var inferenceCount = 0
    /// Runs of the model, whatever their batch.
    package var executionCount = 0
    package var success = Total()
    package var failure = Total()
    package var queue = Total()
    package var computeInput = Total()
    package var computeInfer = Total()
    package var computeOutput = Total()
    /// In the order of their size.
    package var batches: [BatchTotal] = []
    /// Requests that found the queue full.
    package var rejectedCount = 0
    /// Requests whose deadline passed while they waited.
    package var expiredCount = 0
    /// Requests whose client left, waiting or running.
    package var cancelledCount = 0

    package init() {}
  }

  private let values = Mutex(Values())

  package init() {}

  package var current: Values { values.withLock { $0 } }

  /// One run: how long its requests waited, and what its parts took.
  /// - Parameter waits: one for each request of the batch.
  package func addRun(
    batchSize: Int, waits: [Duration], input: Duration, infer: Duration, output: Duration, millisecondsSince1970: Int
  ) {
    values.withLock { values in
      values.lastInferenceMilliseconds = millisecondsSince1970
      values.inferenceCount += batchSize
      values.executionCount += 1
      for wait in waits {
        values.queue.add(wait)
        values.computeInput.add(input)
        values.computeInfer.add(infer)
        values.computeOutput.add(output)
        values.success.add(wait + input + infer + output)
      }
      let index = ModelStatistics.index(of: batchSize, in: &values.batches)
      values.batches[index].computeInput.add(input)
      values.batches[index].computeInfer.add(infer)
      values.batches[index].computeOutput.add(output)
    }
  }

  package func addFailure(after duration: Duration) { values.withLock { $0.failure.add(duration) } }

  package func addRejection() {
    values.withLock {
      $0.rejectedCount += 1
      $0.failure.add(.zero)
    }
  }

  package func addExpiry(after duration: Duration) {
    values.withLock {
      $0.expiredCount += 1
      $0.failure.add(duration)
    }
  }

  package func addCancellations(_ count: Int) {
    guard count > 0 else { return }
    values.withLock { $0.cancelledCount += count }
  }

  /// Sizes that are told apart at most; those that come later are counted with the largest before them.
  private static let maxBatchSizes = 64

  private static func index(of batchSize: Int, in batches: inout [BatchTotal]) -> Int {
    let place = batches.firstIndex { $0.batchSize >= batchSize } ?? batches.count
    if place < batches.count, batches[place].batchSize == batchSize { return place }
    guard batches.count < maxBatchSizes else { return max(0, place - 1) }
    batches.insert(BatchTotal(batchSize: batchSize), at: place)
    return place
  }
}
