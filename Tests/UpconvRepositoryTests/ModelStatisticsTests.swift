import Testing
import UpconvRepository

@Suite struct ModelStatisticsTests {
  @Test func `A run counts once for the model, and once for each request in it`() {
    let statistics = ModelStatistics()
    statistics.addRun(
      batchSize: 3, waits: [.microseconds(10), .microseconds(20)], input: .microseconds(1), infer: .microseconds(5),
      output: .microseconds(2), millisecondsSince1970: 77)
    statistics.addRun(
      batchSize: 1, waits: [.zero], input: .zero, infer: .microseconds(4), output: .zero, millisecondsSince1970: 78)
    let values = statistics.current
    #expect(values.lastInferenceMilliseconds == 78)
    #expect(values.inferenceCount == 4)
    #expect(values.executionCount == 2)
    #expect(values.queue.count == 3)
    #expect(values.queue.nanoseconds == 30_000)
    #expect(values.computeInfer.nanoseconds == 14_000)
    #expect(values.success.nanoseconds == 18_000 + 28_000 + 4_000)
    #expect(values.batches.map(\.batchSize) == [1, 3])
    #expect(values.batches.map(\.computeInfer.count) == [1, 1])
  }

  @Test func `Batch sizes that are told apart are bounded, and none is lost`() {
    let statistics = ModelStatistics()
    for size in (1...500).reversed() {
      statistics.addRun(
        batchSize: size, waits: [.zero], input: .zero, infer: .zero, output: .zero, millisecondsSince1970: 1)
    }
    let values = statistics.current
    #expect(values.batches.count == 64)
    #expect(values.batches.reduce(0) { $0 + $1.computeInfer.count } == 500)
    #expect(values.batches.map(\.batchSize) == values.batches.map(\.batchSize).sorted())
  }
}
