import Dispatch
import Glibc
import Synchronization
import Testing
import UpconvSystem
import UpconvTensor
import UpconvTestSupport

@testable import UpconvConvolution

/// Threads that help each other: nothing is lost, nothing is done twice, nobody waits for ever.
@Suite struct WorkerPoolTests {
  /// Pieces that each must be done once, some of them by a run of their own on the same pool.
  private struct Pieces: ~Copyable, SharedWork {
    static let pool = WorkerPool<Pieces>(count: 3)

    let counts: [Count]
    let depth: Int
    let next = Atomic<Int>(0)
    let inside = Atomic<Int>(0)
    let mostInside = Atomic<Int>(0)

    init(_ count: Int, depth: Int = 0) {
      counts = (0..<count).map { _ in Count() }
      self.depth = depth
    }

    func share() {
      mostInside.max(inside.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
      defer { inside.wrappingSubtract(1, ordering: .relaxed) }
      while true {
        let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard piece < counts.count else { return }
        if depth > 0 { Pieces.expectAllDone(count: 5, helpers: 2, depth: depth - 1) }
        counts[piece].value.wrappingAdd(1, ordering: .relaxed)
      }
    }

    static func expectAllDone(count: Int, helpers: Int, depth: Int = 0) {
      let work = Pieces(count, depth: depth)
      pool.perform(work, helpers: helpers)
      let done = work.counts.map { $0.value.load(ordering: .relaxed) }
      let inside = work.inside.load(ordering: .relaxed)
      let most = work.mostInside.load(ordering: .relaxed)
      #expect(done.allSatisfy { $0 == 1 })
      #expect(inside == 0, "a helper is still at work")
      #expect(most <= helpers + 1)
    }
  }

  @Test(arguments: [0, 1, 2, 3, 16])
  func `Each piece is done once, with any number of helpers`(helpers: Int) {
    for count in 0..<300 { Pieces.expectAllDone(count: count % 40, helpers: helpers) }
  }

  @Test func `Many callers share the same workers`() {
    DispatchQueue.concurrentPerform(iterations: 8) { caller in
      for count in 0..<300 { Pieces.expectAllDone(count: count % 7, helpers: 1 + caller % 3) }
    }
  }

  @Test func `Work may begin work on the same pool`() {
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for _ in 0..<5 { Pieces.expectAllDone(count: 6, helpers: 3, depth: 2) }
    }
  }

  @Test func `Without workers the caller does everything`() {
    let work = Pieces(10)
    WorkerPool<Pieces>(count: 0).perform(work, helpers: 4)
    #expect(work.counts.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
  }

  /// Work that ends when enough threads are at it together, or never.
  private struct Meeting: ~Copyable, SharedWork {
    let size: Int
    /// How long the helpers stay after the caller has left.
    let microsecondsAfter: UInt32
    let arrived = Atomic<Int>(0)
    let left = Atomic<Int>(0)

    func share() {
      let place = arrived.wrappingAdd(1, ordering: .relaxed).oldValue
      while arrived.load(ordering: .relaxed) < size { sched_yield() }
      if place > 0 { usleep(microsecondsAfter) }
      left.wrappingAdd(1, ordering: .relaxed)
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: [0, 1000, 5000])
  func `Free workers always come, whether they sleep or not`(pauseMicroseconds: UInt32) {
    // From a pool that nobody else uses.
    let pool = WorkerPool<Meeting>(count: 2)
    for _ in 0..<50 {
      let meeting = Meeting(size: 3, microsecondsAfter: 0)
      pool.perform(meeting, helpers: 2)
      let left = meeting.left.load(ordering: .relaxed)
      #expect(left == 3)
      usleep(pauseMicroseconds)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `A caller waits for what has begun, however long it takes`() {
    let pool = WorkerPool<Meeting>(count: 1)
    for microseconds: UInt32 in [0, 10, 50, 60, 100, 3000] {
      for _ in 0..<20 {
        let meeting = Meeting(size: 2, microsecondsAfter: microseconds)
        pool.perform(meeting, helpers: 1)
        let left = meeting.left.load(ordering: .relaxed)
        #expect(left == 2)
      }
    }
  }

  @Test(arguments: [1, 2, 16])
  func `A shared run that is cancelled on its way gives nothing and leaves nobody behind`(threads: Int) throws {
    let problem = ConvolutionRecipe(
      height: 40, width: 40, inputsPerGroup: 16, outputsPerGroup: 16, kernelHeight: 4, kernelWidth: 4, strideHeight: 2,
      strideWidth: 2
    ).problem()
    let plan = try #require(try problem.plan(.phases))
    #expect(!plan.isShort)
    let expected = try plan.run(problem.input).elements
    for unit in 0..<plan.unitCount {
      let begun = Count()
      let cancellation = Cancellation()
      if unit == 0 { cancellation.cancel() }
      #expect(throws: ConvolutionRunError.cancelled) {
        try plan.run(problem.input, threads: threads, cancellation: cancellation) {
          if begun.value.wrappingAdd(1, ordering: .relaxed).newValue >= unit { cancellation.cancel() }
        }
      }
      #expect(try plan.run(problem.input, threads: threads).elements == expected)
    }
  }

  private final class Count: Sendable {
    let value = Atomic<Int>(0)
  }
}
