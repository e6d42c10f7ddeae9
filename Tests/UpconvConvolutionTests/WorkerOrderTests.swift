import Dispatch
import Glibc
import Synchronization
import Testing

@testable import UpconvConvolution

/// The protocol between a worker and its callers, under a scheduler that tries every order of their operations.
@Suite struct WorkerOrderTests {
  @Test(.timeLimit(.minutes(1)))
  func `A caller returns only when the worker has left its work, in every order`() throws {
    // Both callers may wait for the worker at once, and the first comes back with the address it used before.
    let explored = OrderExplorer.explore(maxPreemptions: 2, randomOrders: 10_000) { scheduler in
      let worker = Worker<WatchedWork, OrderedSignals>(signals: OrderedSignals(scheduler: scheduler))
      return OrderExplorer.Run(
        worker: { worker.serveNext() },
        callers: [2, 1].map { runs in { for _ in 0..<runs { WatchedWork.perform(on: worker, scheduler) } } })
    }
    // A scheduler that stopped trying would find nothing.
    #expect(explored.orders > 11_000)
    #expect(explored.waitsForEnd > 100, "hardly any caller slept until the worker had ended")
    #expect(explored.failures.isEmpty, "\(explored.failures.first ?? "")")
  }
}

/// A number that one thread at a time uses.
// SAFETY: only the thread that an `OrderScheduler` has chosen touches it.
final class Plain<Value>: @unchecked Sendable {
  var value: Value

  init(_ value: Value) { self.value = value }
}

/// Work that knows when its caller has returned.
struct WatchedWork: ~Copyable, SharedWork {
  unowned let scheduler: OrderScheduler
  let life: Life

  final class Life: Sendable {
    let isOver = Plain(false)
    let usersInside = Plain(0)
  }

  func share() {
    life.usersInside.value += 1
    scheduler.step()
    if life.isOver.value { scheduler.fail("the worker used work whose caller had returned") }
    life.usersInside.value -= 1
  }

  /// One run, as `WorkerPool.perform` does it.
  static func perform(on worker: Worker<WatchedWork, OrderedSignals>, _ scheduler: OrderScheduler) {
    let life = Life()
    // It outlives its caller, so that a worker that still uses it is told, and no memory is wrong.
    let work = UnsafeMutablePointer<WatchedWork>.allocate(capacity: 1)
    work.initialize(to: WatchedWork(scheduler: scheduler, life: life))
    scheduler.keepUntilEnd {
      work.deinitialize(count: 1)
      work.deallocate()
    }
    if !worker.offer(work, ifAsleep: false) { _ = worker.offer(work, ifAsleep: true) }
    scheduler.step()
    worker.settle(work)
    if life.usersInside.value != 0 { scheduler.fail("a caller returned while the worker was in its work") }
    life.isOver.value = true
  }
}

/// A worker's word and waits under a scheduler. No two threads are ever in it at once.
struct OrderedSignals: WorkerSignals, ~Copyable {
  let scheduler: OrderScheduler
  private let word = Plain<UInt>(0)
  private let counts = [Plain<UInt32>(0), Plain<UInt32>(0)]
  private let hasSlept = [Plain(false), Plain(false)]

  init(scheduler: OrderScheduler) { self.scheduler = scheduler }

  /// Any word but those that mean something lets the worker's thread return once all is over.
  func load() -> UInt {
    scheduler.step()
    return scheduler.isOver ? .max : word.value
  }

  func compareExchange(expected: UInt, desired: UInt) -> (exchanged: Bool, original: UInt) {
    scheduler.step()
    let original = word.value
    if original == expected { word.value = desired }
    return (original == expected, original)
  }

  func exchange(_ desired: UInt) -> UInt {
    scheduler.step()
    defer { word.value = desired }
    return word.value
  }

  /// Patience that ends at once is the hardest case: the thread goes on to sleep.
  func spin(while value: UInt) -> UInt { load() }

  func count(of wait: WorkerWait) -> UInt32 {
    scheduler.step()
    return counts[index(wait)].value
  }

  /// The first sleep of each kind returns early, as the kernel's may.
  func sleep(in wait: WorkerWait, past seen: UInt32) {
    if wait == .end { scheduler.noteWait() }
    let count = counts[index(wait)]
    let isFirst = !hasSlept[index(wait)].value
    hasSlept[index(wait)].value = true
    if isFirst { return scheduler.step() }
    scheduler.step(until: { count.value != seen })
  }

  func wake(from wait: WorkerWait) {
    scheduler.step()
    counts[index(wait)].value &+= 1
  }

  func note(_ side: WorkerSide) {}

  private func index(_ wait: WorkerWait) -> Int { wait == .offer ? 0 : 1 }
}

/// Real threads with delays between any two operations: for ThreadSanitizer, and for orders that no model has.
@Suite struct DelayedWorkerTests {
  private struct DelayedSignals: WorkerSignals, ~Copyable {
    private let signals = ThreadSignals(seat: ProcessorSeat(), others: [])

    private func delayed<Result>(_ body: () -> Result) -> Result {
      switch UInt8.random(in: 0..<8) {
      case 0: usleep(.random(in: 0..<50))
      case 1, 2: sched_yield()
      default: break
      }
      return body()
    }

    func load() -> UInt { delayed { signals.load() } }
    func compareExchange(expected: UInt, desired: UInt) -> (exchanged: Bool, original: UInt) {
      delayed { signals.compareExchange(expected: expected, desired: desired) }
    }
    func exchange(_ desired: UInt) -> UInt { delayed { signals.exchange(desired) } }
    func spin(while value: UInt) -> UInt { load() }
    func count(of wait: WorkerWait) -> UInt32 { delayed { signals.count(of: wait) } }
    func sleep(in wait: WorkerWait, past seen: UInt32) { delayed { signals.sleep(in: wait, past: seen) } }
    func wake(from wait: WorkerWait) { delayed { signals.wake(from: wait) } }
    func note(_ side: WorkerSide) { delayed { signals.note(side) } }
  }

  private struct Sum: ~Copyable, SharedWork {
    let next = Atomic<Int>(0)
    let inside = Atomic<Int>(0)
    let sum = Atomic<Int>(0)

    func share() {
      inside.add(1, ordering: .relaxed)
      while true {
        let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard number < 20 else { break }
        if number % 5 == 0 { usleep(20) }
        sum.add(number, ordering: .relaxed)
      }
      inside.subtract(1, ordering: .relaxed)
    }
  }

  private final class Over: Sendable {
    let value = Atomic<Bool>(false)
  }

  @Test(.timeLimit(.minutes(1)))
  func `Callers that share a worker get whole sums, whatever delays they meet`() {
    let worker = Worker<Sum, DelayedSignals>(signals: DelayedSignals())
    let isOver = Over()
    let worked = DispatchGroup()
    DispatchQueue(label: "worker").async(group: worked) {
      while !isOver.value.load(ordering: .relaxed) { worker.serveNext() }
    }
    let wrong = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 3) { _ in
      for _ in 0..<300 {
        let sum = Sum()
        withUnsafePointer(to: sum) {
          if !worker.offer($0, ifAsleep: false) { _ = worker.offer($0, ifAsleep: true) }
          $0.pointee.share()
          worker.settle($0)
        }
        let (inside, total) = (sum.inside.load(ordering: .relaxed), sum.sum.load(ordering: .relaxed))
        if inside != 0 || total != 190 { wrong.add(1, ordering: .relaxed) }
      }
    }
    let count = wrong.load(ordering: .relaxed)
    #expect(count == 0)
    // The worker leaves with the last of the offers that it takes.
    isOver.value.store(true, ordering: .relaxed)
    let last = Sum()
    withUnsafePointer(to: last) { last in
      while worked.wait(timeout: .now()) == .timedOut {
        if worker.offer(last, ifAsleep: false) || worker.offer(last, ifAsleep: true) {
          last.pointee.share()
          worker.settle(last)
        }
      }
    }
  }
}
