import Dispatch
import Glibc
import Synchronization
import Testing
import UpconvModels
import UpconvRepository
import UpconvScheduling
import UpconvSystem
import UpconvTensor
import UpconvTestSupport

/// Who waits, who runs with whom, and who is told what. The one compute thread is held by the test, so that what waits
/// is known.
@Suite struct ModelQueueTests {
  /// What has come back, from any thread.
  final class Answers: Sendable {
    let results = Mutex<[Int: Result<Tensor, InferenceFailure>]>([:])
    private let arrival = DispatchSemaphore(value: 0)

    func take(_ number: Int, _ result: Result<Tensor, InferenceFailure>) {
      results.withLock { $0[number] = result }
      arrival.signal()
    }

    func wait(for count: Int) {
      for _ in 0..<count { #expect(arrival.wait(timeout: .now() + 30) == .success) }
    }
  }

  /// A queue behind a compute thread that the test holds.
  final class HeldQueue {
    let folder: ModelFolder
    let compute: ComputeQueue
    let queue: ModelQueue
    private let gate = DispatchSemaphore(value: 0)
    private let held = DispatchSemaphore(value: 0)
    private let answers = Answers()
    private var count = 0

    init(
      maxWaiting: Int = 64, limits: ModelLimits = ModelLimits(), image: [Int?] = [nil, nil, 1],
      _ change: (inout ServingPolicy) -> Void = { _ in }
    ) throws {
      folder = try ModelFolder()
      try folder.write("m", weight: 3, image: image)
      compute = ComputeQueue(width: 1, maxWaiting: maxWaiting)
      var policy = ServingPolicy()
      change(&policy)
      queue = ModelQueue(
        model: try Model(directory: folder.path + "/m", limits: limits), policy: policy, compute: compute, threads: 1)
      try hold()
    }

    deinit { release() }

    func hold() throws {
      let (gate, held) = (gate, held)
      try compute.submit(Cancellation()) { _ in
        held.signal()
        gate.wait()
      }
      held.wait()
    }

    func release() { gate.signal() }

    /// - Returns: the number that the answer is known by.
    @discardableResult
    func submit(
      _ input: Tensor, wait: Duration? = nil, cancellation: Cancellation = Cancellation()
    ) throws(InferenceFailure) -> Int {
      count += 1
      let (number, answers) = (count, answers)
      let work = InferenceWork(
        input: input, deadline: wait.map { Moment.now + $0 }, cancellation: cancellation,
        answer: { result, _ in { answers.take(number, result) } })
      try queue.submit(work)
      return number
    }

    /// Waits for so many further answers.
    func answers(_ count: Int) -> [Int: Result<Tensor, InferenceFailure>] {
      answers.wait(for: count)
      return answers.results.withLock { $0 }
    }

    var statistics: ModelStatistics.Values { queue.statistics.current }
  }

  private static func image(_ batch: Int, _ height: Int = 2, _ value: Float = 1) -> Tensor {
    Tensor(dimensions: [batch, height, 2, 1], elements: [Float](repeating: value, count: batch * height * 2))!
  }

  @Test func `What waits is joined, each gets its own, and statistics count images and runs`() throws {
    let held = try HeldQueue()
    for value in 1...4 { try held.submit(Self.image(value, 2, Float(value))) }
    #expect(held.queue.depth == 4)
    held.release()
    let answers = held.answers(4)
    for value in 1...4 {
      let output = try #require(try answers[value]?.get())
      #expect(output.shape.dimensions == [value, 2, 2, 1])
      #expect(output.elements == [Float](repeating: 3 * Float(value), count: 4 * value))
    }
    #expect(held.statistics.executionCount == 1)
    #expect(held.statistics.inferenceCount == 10)
    #expect(held.statistics.success.count == 4)
    #expect(held.statistics.queue.count == 4)
    #expect(held.statistics.queue.nanoseconds > 0)
    #expect(held.statistics.batches.map(\.batchSize) == [10])
    #expect(held.statistics.lastInferenceMilliseconds > 1_700_000_000_000)
  }

  @Test func `Only images of one size are joined, and the others come next, in their order`() throws {
    let held = try HeldQueue()
    for height in [2, 3, 2, 3, 3] { try held.submit(Self.image(1, height)) }
    held.release()
    let answers = held.answers(5)
    for (index, height) in [2, 3, 2, 3, 3].enumerated() {
      #expect(try answers[index + 1]?.get().shape.dimensions == [1, height, 2, 1])
    }
    #expect(held.statistics.executionCount == 2)
    #expect(held.statistics.batches.map(\.batchSize) == [2, 3])
  }

  @Test func `Joining ends at the batch size, and a larger request runs alone`() throws {
    let held = try HeldQueue { $0.maxBatchSize = 4 }
    for batch in [3, 2, 9, 1] { try held.submit(Self.image(batch)) }
    held.release()
    let answers = held.answers(4)
    #expect(try answers[3]?.get().shape[0] == 9)
    // 3 with 1, 2, 9.
    #expect(held.statistics.batches.map(\.batchSize) == [2, 4, 9])
    #expect(held.statistics.executionCount == 3)
  }

  @Test func `Nothing is joined where the batch size is 0`() throws {
    let held = try HeldQueue { $0.maxBatchSize = 0 }
    for _ in 0..<3 { try held.submit(Self.image(1)) }
    held.release()
    _ = held.answers(3)
    #expect(held.statistics.executionCount == 3)
  }

  @Test func `What would be too much together is run apart`() throws {
    var limits = ModelLimits()
    limits.tensor.maxElements = 10
    let held = try HeldQueue(limits: limits)
    for _ in 0..<4 { try held.submit(Self.image(1)) }
    held.release()
    for (_, answer) in held.answers(4) { #expect(throws: Never.self) { try answer.get() } }
    #expect(held.statistics.batches.map(\.batchSize) == [2])
    #expect(held.statistics.executionCount == 2)
  }

  @Test func `Bits do not depend on the company`() throws {
    let held = try HeldQueue(image: [nil, nil, 8])
    var generator = SeededGenerator(seed: 5)
    let inputs = (0..<12).map { _ in generator.tensor([Int.random(in: 1...3, using: &generator), 5, 7, 8]) }
    for input in inputs { try held.submit(input) }
    held.release()
    let answers = held.answers(12)
    #expect(held.statistics.executionCount < 12)
    for (index, input) in inputs.enumerated() {
      let alone = try held.queue.model.run(input)
      let joined = try #require(try answers[index + 1]?.get())
      #expect(joined.elements.map(\.bitPattern) == alone.elements.map(\.bitPattern))
    }
  }

  @Test func `A full queue refuses at once, and takes again when there is room`() throws {
    let held = try HeldQueue { $0.maxQueueSize = 2 }
    try held.submit(Self.image(1))
    try held.submit(Self.image(1))
    let failure = #expect(throws: InferenceFailure.self) { try held.submit(Self.image(1)) }
    guard case .queueFull(maxWaiting: 2, _) = failure else {
      return #expect(Bool(false), "\(String(describing: failure))")
    }
    #expect(held.statistics.rejectedCount == 1)
    #expect(held.statistics.failure.count == 1)
    held.release()
    _ = held.answers(2)
    try held.submit(Self.image(1))
    _ = held.answers(1)
    #expect(held.statistics.success.count == 3)
  }

  @Test func `Whoever has left makes room in a full queue, and is counted`() throws {
    let held = try HeldQueue { $0.maxQueueSize = 2 }
    let cancellation = Cancellation()
    try held.submit(Self.image(1), cancellation: cancellation)
    try held.submit(Self.image(1))
    cancellation.cancel()
    try held.submit(Self.image(1))
    #expect(held.queue.depth == 2)
    #expect(held.statistics.cancelledCount == 1)
    held.release()
    #expect(held.answers(2).keys.sorted() == [2, 3])
  }

  @Test func `Whoever has left does not run, and is counted`() throws {
    let held = try HeldQueue()
    let cancellation = Cancellation()
    try held.submit(Self.image(5), cancellation: cancellation)
    try held.submit(Self.image(1))
    cancellation.cancel()
    held.release()
    #expect(held.answers(1).keys.sorted() == [2])
    #expect(held.statistics.cancelledCount == 1)
    #expect(held.statistics.inferenceCount == 1)
  }

  @Test func `A deadline is kept while another run goes on, and those without one stay`() throws {
    let held = try HeldQueue()
    try held.submit(Self.image(1), wait: .milliseconds(40))
    try held.submit(Self.image(1))
    try held.submit(Self.image(1), wait: .milliseconds(20))
    // The compute thread is held all the while.
    let expired = held.answers(2)
    #expect(expired.keys.sorted() == [1, 3])
    for (_, answer) in expired {
      guard case .failure(.expired(let waited)) = answer else { return #expect(Bool(false), "\(answer)") }
      #expect(waited >= .milliseconds(20))
    }
    #expect(held.queue.depth == 1)
    #expect(held.statistics.expiredCount == 2)
    held.release()
    #expect(try held.answers(1)[2]?.get().shape[0] == 1)
    #expect(held.statistics.executionCount == 1)
  }

  @Test func `A deadline that has passed is no reason to run`() throws {
    let held = try HeldQueue()
    try held.submit(Self.image(1), wait: .zero)
    guard case .failure(.expired)? = held.answers(1)[1] else { return #expect(Bool(false)) }
    held.release()
    #expect(held.statistics.executionCount == 0)
  }

  @Test func `Where all models together have too much waiting, the request is refused and nothing is left of it`()
    throws
  {
    let held = try HeldQueue(maxWaiting: 0)
    let failure = #expect(throws: InferenceFailure.self) { try held.submit(Self.image(1)) }
    guard case .overloaded = failure else { return #expect(Bool(false), "\(String(describing: failure))") }
    #expect(held.queue.depth == 0)
    #expect(held.statistics.rejectedCount == 1)
    held.release()
  }

  @Test func `Places in the common queue are used again by those who come after others have left`() throws {
    let held = try HeldQueue(maxWaiting: 2)
    for round in 1...20 {
      try held.submit(Self.image(1), wait: .zero)
      guard case .failure(.expired)? = held.answers(1)[round] else { return #expect(Bool(false)) }
    }
    try held.submit(Self.image(1))
    try held.submit(Self.image(1))
    held.release()
    #expect(held.answers(2).count == 22)
    #expect(held.statistics.executionCount == 1)
  }

  @Test func `A request waits for company as long as it may, and a full batch does not wait`() throws {
    let held = try HeldQueue {
      $0.maxQueueDelay = .seconds(3600)
      $0.maxBatchSize = 3
    }
    held.release()
    try held.submit(Self.image(1))
    try held.submit(Self.image(1))
    #expect(held.queue.depth == 2, "an hour has not passed")
    try held.submit(Self.image(1))
    #expect(held.answers(3).count == 3)
    #expect(held.statistics.batches.map(\.batchSize) == [3])
  }

  @Test func `A request without company runs after the delay`() throws {
    let held = try HeldQueue { $0.maxQueueDelay = .milliseconds(5) }
    held.release()
    try held.submit(Self.image(1))
    _ = held.answers(1)
    #expect(held.statistics.queue.nanoseconds >= 5_000_000)
  }

  @Test func `Under a storm of requests that come, leave and expire, everybody is answered or counted`() throws {
    let held = try HeldQueue {
      $0.maxQueueSize = 8
      $0.maxQueueDelay = .microseconds(50)
      $0.maxBatchSize = 4
    }
    held.release()
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<3000 {
      let cancellation = Cancellation()
      let mayExpire = Bool.random(using: &generator)
      do {
        try held.submit(
          Self.image(1, Int.random(in: 1...3, using: &generator)), wait: mayExpire ? .microseconds(60) : nil,
          cancellation: cancellation)
        if Int.random(in: 0..<4, using: &generator) == 0 { cancellation.cancel() }
      } catch {}
    }
    // Nobody comes any more: whoever is left must not be forgotten.
    var accounted = 0
    for _ in 0..<3000 where accounted < 3000 {
      let statistics = held.statistics
      accounted =
        statistics.success.count + statistics.expiredCount + statistics.cancelledCount + statistics.rejectedCount
      if accounted < 3000 { usleep(10_000) }
    }
    #expect(accounted == 3000)
    #expect(held.queue.depth == 0)
  }
}
