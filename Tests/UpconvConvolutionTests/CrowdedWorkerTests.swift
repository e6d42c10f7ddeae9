import Dispatch
import Glibc
import Synchronization
import Testing
import UpconvSystem
import UpconvTensor

@testable import UpconvConvolution

/// Workers beside other threads that want the same processors. They measure processor time: `scripts/test` runs them
/// alone.
@Suite(.serialized) struct CrowdedWorkerTests {
  /// Pieces of some 20 µs, done by whichever thread takes them, which notes its number.
  private struct BusyPieces: ~Copyable, SharedWork {
    let caller = pthread_self()
    let callersProcessor = Processor.current
    let workers: Workers
    let next = Atomic<Int>(0)

    func share() {
      if pthread_equal(pthread_self(), caller) == 0 {
        if workers.last.load(ordering: .relaxed) == 0 { workers.last.store(threadNumber(), ordering: .relaxed) }
        let isApart = Processor.current != callersProcessor
        (isApart ? workers.apart : workers.together).add(1)
      }
      var sum: UInt64 = 1
      while next.wrappingAdd(1, ordering: .relaxed).oldValue < 10 {
        for _ in 0..<10_000 { sum = sum &* 6_364_136_223_846_793_005 &+ 1 }
      }
      workers.sum.add(Int(truncatingIfNeeded: sum))
    }
  }

  private final class Workers: Sendable {
    let last = Atomic<Int>(0)
    let sum = Count()
    /// Runs that a worker began on its caller's processor, and on another.
    let together = Count()
    let apart = Count()
  }

  @Test(.enabled(if: !Affinity.ofThisThread.isSingle), .timeLimit(.minutes(1)))
  func `A worker that was crowded on to its caller's processor has one of its own again after 100 ms`() async throws {
    let windows = await withCheckedContinuation { continuation in
      onOwnThread { continuation.resume(returning: CrowdedWorkerTests.windowsAfterCrowding()) }
    }
    // A worker that stays has 4 to 26% of its caller's processor time, and begins each run where its caller is. While
    // other programs take processors its share says nothing: then it counts that it begins its runs on another one.
    #expect(windows.contains { $0.isQuiet ? $0.share > 0.6 : $0.apart > 0.5 }, "\(windows)")
  }

  private struct Window {
    /// The worker's processor time as a share of its caller's.
    let share: Double
    /// The share of the worker's runs that began on another processor than its caller's.
    let apart: Double
    /// The caller had a processor for itself.
    let isQuiet: Bool
  }

  /// Windows of 200 ms that begin 100 ms after both threads were held on one processor, until one is as it should be.
  private static func windowsAfterCrowding() -> [Window] {
    let pool = WorkerPool<BusyPieces>(count: 1)
    let workers = Workers()
    let caller = threadNumber()
    func run(milliseconds: Int) {
      let end = DispatchTime.now() + .milliseconds(milliseconds)
      while DispatchTime.now() < end { pool.perform(BusyPieces(workers: workers), helpers: 1) }
    }
    while workers.last.load(ordering: .relaxed) == 0 { run(milliseconds: 10) }
    let worker = workers.last.load(ordering: .relaxed)
    let allowed = Affinity.ofThisThread
    for thread in [caller, worker] { Affinity(list: "\(allowed.first)").apply(to: thread) }
    run(milliseconds: 50)
    for thread in [caller, worker] { allowed.apply(to: thread) }
    run(milliseconds: 100)
    func state() -> [Double] {
      [
        Double(processorTime(of: worker)), Double(processorTime(of: caller)), Double(workers.apart.value),
        Double(workers.together.value), Double(DispatchTime.now().uptimeNanoseconds),
      ]
    }
    var windows: [Window] = []
    while windows.count < 10, !windows.contains(where: { $0.isQuiet && $0.share > 0.6 }) {
      let before = state()
      run(milliseconds: 200)
      let gains = zip(state(), before).map { $0 - $1 }
      windows.append(
        Window(
          share: gains[0] / gains[1], apart: gains[2] / max(1, gains[2] + gains[3]),
          isQuiet: gains[1] > 0.9 * gains[4]))
    }
    return windows
  }

  @Test func `A worker that may run on one processor only stays there, and keeps its affinity`() async {
    let (before, after) = await withCheckedContinuation { continuation in
      onOwnThread {
        let allowed = Affinity.ofThisThread
        Affinity(list: "\(allowed.first)").apply(to: threadNumber())
        let before = Affinity.ofThisThread
        let seat = ProcessorSeat()
        seat.move(awayFrom: allowed.first, others: [])
        continuation.resume(returning: (before, Affinity.ofThisThread))
      }
    }
    #expect(before == after)
  }

  @Test func `A worker that leaves a processor keeps its affinity`() async {
    let (before, after) = await withCheckedContinuation { continuation in
      onOwnThread {
        let before = Affinity.ofThisThread
        ProcessorSeat().move(awayFrom: Processor.current, others: [])
        continuation.resume(returning: (before, Affinity.ofThisThread))
      }
    }
    #expect(before == after)
  }

  @Test(.timeLimit(.minutes(1)))
  func `Every answer is right while busy threads take the processors`() throws {
    let problem = ConvolutionRecipe(
      height: 24, width: 24, inputsPerGroup: 16, outputsPerGroup: 16, kernelHeight: 4, kernelWidth: 4, strideHeight: 2,
      strideWidth: 2
    ).problem()
    let plan = try #require(try problem.plan(.phases))
    let expected = try plan.run(problem.input).elements
    let state = Crowd()
    let callers = DispatchGroup()
    let hogs = DispatchGroup()
    for index in 0..<2 * UnitGrid.processors {
      DispatchQueue(label: "hog.\(index)").async(group: hogs) {
        while !state.isOver.load(ordering: .relaxed) {}
      }
    }
    for index in 0..<4 {
      DispatchQueue(label: "caller.\(index)").async(group: callers) {
        for _ in 0..<150 where (try? plan.run(problem.input, threads: 2).elements) != expected {
          state.wrongAnswers.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    callers.wait()
    state.isOver.store(true, ordering: .relaxed)
    hogs.wait()
    let wrong = state.wrongAnswers.load(ordering: .relaxed)
    #expect(wrong == 0)
  }

  private final class Crowd: Sendable {
    let isOver = Atomic<Bool>(false)
    let wrongAnswers = Atomic<Int>(0)
  }
}

/// A number that several threads add to.
private final class Count: Sendable {
  private let number = Atomic<Int>(0)

  var value: Int { number.load(ordering: .relaxed) }

  func add(_ addend: Int) { number.wrappingAdd(addend, ordering: .relaxed) }
}

/// The processors that a thread may run on, as `taskset` and /proc write them: `0-3,6`.
private struct Affinity: Equatable {
  let list: String

  static var ofThisThread: Affinity {
    let status = text(of: "/proc/thread-self/status")
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") } ?? ""
    return Affinity(list: line.drop { $0 != "\t" }.trimmingPrefix("\t").description)
  }

  var first: Int32 { Int32(list.prefix { $0.isNumber }) ?? 0 }
  var isSingle: Bool { list.allSatisfy(\.isNumber) }

  func apply(to thread: Int) {
    var process = pid_t()
    let words = ["taskset", "-p", "-c", list, "\(thread)"]
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    guard posix_spawnp(&process, "taskset", &actions, nil, &arguments, environ) == 0 else { return }
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }
}

/// The number by which Linux knows the calling thread.
private func threadNumber() -> Int {
  var name = [CChar](repeating: 0, count: 64)
  let length = readlink("/proc/thread-self", &name, name.count)
  let path = String(decoding: name.prefix(max(0, length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
  return path.split(separator: "/").last.flatMap { Int($0) } ?? 0
}

/// What a thread has computed so far, in nanoseconds.
private func processorTime(of thread: Int) -> Int {
  text(of: "/proc/self/task/\(thread)/schedstat").split(separator: " ").first.flatMap { Int($0) } ?? 0
}

private func text(of path: String) -> String { SystemFile.text(at: path) ?? "" }

/// Runs on a thread of its own, whose affinity no other work depends on.
private func onOwnThread(_ body: @escaping @Sendable () -> Void) {
  var thread = pthread_t()
  let argument = Unmanaged.passRetained(ThreadBody(run: body))
  pthread_create(
    &thread, nil,
    {
      if let argument = $0 { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
      return nil
    }, argument.toOpaque())
  pthread_detach(thread)
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(run: @escaping @Sendable () -> Void) { self.run = run }
}
