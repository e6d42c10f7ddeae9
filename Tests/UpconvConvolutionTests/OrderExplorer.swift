import Dispatch

/// Runs threads one operation at a time: in random orders, and in every order with a bounded number of preemptions.
///
/// Stateless search after Musuvathi and Qadeer (CHESS, 2007): an order is the list of threads that were chosen. The next
/// order repeats it up to the last choice with an alternative, and takes that. Random orders reach what takes more
/// preemptions than can be searched.
enum OrderExplorer {
  struct Run {
    /// Called again and again by the worker's thread until every caller has returned.
    let worker: () -> Void
    let callers: [() -> Void]
  }

  struct Result {
    var orders = 0
    var waitsForEnd = 0
    var failures: [String] = []
  }

  /// Explores until the first failure.
  static func explore(maxPreemptions: Int, randomOrders: Int, _ make: (OrderScheduler) -> Run) -> Result {
    var result = Result()
    let queues = (0..<3).map { DispatchQueue(label: "order.\($0)") }
    func perform(_ scheduler: OrderScheduler) {
      scheduler.perform(make(scheduler), on: queues)
      result.orders += 1
      result.waitsForEnd += scheduler.waitsForEnd
      result.failures += scheduler.failures
    }
    for seed in 0..<UInt64(randomOrders) where result.failures.isEmpty { perform(OrderScheduler(seed: seed)) }
    guard result.failures.isEmpty else { return result }
    var choices: [OrderScheduler.Choice] = []
    repeat {
      let scheduler = OrderScheduler(repeating: choices, maxPreemptions: maxPreemptions)
      perform(scheduler)
      choices = scheduler.choices
      while let last = choices.last, last.alternatives.isEmpty { choices.removeLast() }
      if !choices.isEmpty { choices[choices.count - 1].takeAlternative() }
    } while !choices.isEmpty && result.failures.isEmpty
    return result
  }
}

/// Lets one of several threads go on at a time, from one operation to the next.
// SAFETY: the thread that was chosen alone reads and writes; the semaphores order one after the other.
final class OrderScheduler: @unchecked Sendable {
  struct Choice {
    var taken: Int
    var alternatives: [Int]

    mutating func takeAlternative() { taken = alternatives.removeFirst() }
  }

  private(set) var choices: [Choice]
  private(set) var failures: [String] = []
  private(set) var waitsForEnd = 0
  /// All callers have returned: what the worker still waits for never comes.
  private(set) var isOver = false
  private var position = 0
  private var preemptionsLeft: Int
  private var current = 0
  private var threads: [Thread] = []
  private let ended = DispatchSemaphore(value: 0)
  /// Draws the next thread (a linear congruential generator after Knuth); nil if `choices` say it.
  private var random: UInt64?
  private var atEnd: [() -> Void] = []

  private final class Thread {
    let turn = DispatchSemaphore(value: 0)
    var isReady: () -> Bool = { true }
    var isFinished = false
  }

  init(repeating choices: [Choice], maxPreemptions: Int) {
    self.choices = choices
    preemptionsLeft = maxPreemptions
  }

  /// An order that is drawn.
  init(seed: UInt64) {
    choices = []
    preemptionsLeft = .max
    random = seed
  }

  /// Called when this order and all that was made for it is gone.
  func keepUntilEnd(_ body: @escaping () -> Void) { atEnd.append(body) }

  deinit { for body in atEnd { body() } }

  /// Runs the worker as thread 0 and the callers behind it, each on a queue.
  func perform(_ run: OrderExplorer.Run, on queues: [DispatchQueue]) {
    threads = (0...run.callers.count).map { _ in Thread() }
    nonisolated(unsafe) let run = run
    for index in threads.indices {
      queues[index].async { [self] in
        threads[index].turn.wait()
        if index == 0 {
          while !isOver { run.worker() }
        } else {
          run.callers[index - 1]()
        }
        finish(index)
      }
    }
    current = 1
    threads[chooseNext() ?? 0].turn.signal()
    ended.wait()
  }

  /// Before each operation: another thread may go first. Returns once this one is chosen and `isReady` holds.
  func step(until isReady: @escaping () -> Bool = { true }) {
    guard !isOver else { return }
    let me = current
    threads[me].isReady = isReady
    guard let next = chooseNext() else { return endStuck() }
    if next != me {
      threads[next].turn.signal()
      threads[me].turn.wait()
    }
  }

  func fail(_ sentence: String) { failures.append(sentence) }

  func noteWait() { waitsForEnd += 1 }

  private func finish(_ index: Int) {
    threads[index].isFinished = true
    if threads.allSatisfy(\.isFinished) {
      ended.signal()
      return
    }
    guard index != 0, let next = chooseNext() else { return endStuck() }
    threads[next].turn.signal()
  }

  /// No thread can go on: right if only the worker is left.
  private func endStuck() {
    isOver = true
    guard threads.dropFirst().allSatisfy(\.isFinished) else {
      // Their queues are given up with them.
      failures.append("a caller waits for ever")
      ended.signal()
      return
    }
    if !threads[0].isFinished, current != 0 {
      current = 0
      threads[0].turn.signal()
    }
  }

  private func chooseNext() -> Int? {
    let ready = threads.indices.filter { !threads[$0].isFinished && threads[$0].isReady() }
    guard let first = ready.first else { return nil }
    // A worker alone would look out and fall asleep, without end.
    let mayGoOn = ready.contains(current)
    var candidates = mayGoOn ? [current] + ready.filter { $0 != current } : ready
    if mayGoOn, preemptionsLeft == 0 { candidates = [current] }
    let next: Int
    if candidates.count == 1 {
      next = candidates.first ?? first
    } else if let seed = random {
      let drawn = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      random = drawn
      next = candidates[Int((drawn >> 33) % UInt64(candidates.count))]
    } else if position < choices.count {
      next = choices[position].taken
      position += 1
    } else {
      next = candidates[0]
      choices.append(Choice(taken: next, alternatives: Array(candidates.dropFirst())))
      position += 1
    }
    if mayGoOn, next != current { preemptionsLeft -= 1 }
    current = next
    return next
  }
}
