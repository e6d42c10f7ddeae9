import CTiles
import Dispatch
import Glibc
import Synchronization
import UpconvClock

/// Work that several threads do together: each calls `share` once, which returns when nothing is left to begin.
protocol SharedWork: ~Copyable, Sendable {
  func share()
}

/// Long-lived threads that help whoever has work, as far as they are free: none waits for another run to end.
///
/// After its last work a worker looks out for more for a while before it sleeps, since the system takes longer to wake
/// a thread than many layers to compute. Nothing is allocated for a run.
final class WorkerPool<Work: SharedWork & ~Copyable>: Sendable {
  private let workers: [Worker<Work>]

  /// - Parameter count: of threads, which stay for as long as the process runs.
  init(count: Int) {
    workers = (0..<count).map { _ in Worker() }
    for (index, worker) in workers.enumerated() {
      DispatchQueue(label: "upconv.worker.\(index)", qos: .userInitiated).async { worker.serve() }
    }
  }

  /// Does the work on this thread and on at most `helpers` others, those of them that are free now. Returns when all
  /// that began have ended; a helper that wakes too late never begins.
  func perform(_ work: borrowing Work, helpers: Int) {
    withUnsafePointer(to: work) { work in
      var wanted = helpers
      // Those that are awake begin at once; waking one takes this thread a few microseconds.
      for worker in workers where wanted > 0 { if worker.offer(work, ifAsleep: false) { wanted -= 1 } }
      for worker in workers where wanted > 0 { if worker.offer(work, ifAsleep: true) { wanted -= 1 } }
      work.pointee.share()
      for worker in workers { worker.settle(work) }
    }
  }
}

/// One thread, and the one piece of work that it is offered.
///
/// All that it and its callers tell each other is one word, so no order of events loses a wake-up: looking out, asleep,
/// or the address of the work, with what has become of it in the lowest bits.
// SAFETY: the address is that of a value which `WorkerPool.perform` borrows until `settle` returned: by then the offer
// is withdrawn, or the worker has put the word back after its last use of the address. `Work` is Sendable.
private final class Worker<Work: SharedWork & ~Copyable>: Sendable {
  private let state = Atomic<UInt>(lookingOut)
  /// Wakes the worker: signalled once by whoever replaces `asleep`.
  private let offered = DispatchSemaphore(value: 0)
  /// Wakes the caller: signalled once where it replaced `begun` by `awaited`.
  private let ended = DispatchSemaphore(value: 0)

  private static var lookingOut: UInt { 0 }
  private static var asleep: UInt { 4 }
  private static var begun: UInt { 1 }
  private static var awaited: UInt { 3 }

  /// For the caller: gives the worker something to do if it is free.
  func offer(_ work: UnsafePointer<Work>, ifAsleep: Bool) -> Bool {
    let free = ifAsleep ? Worker.asleep : Worker.lookingOut
    guard state.load(ordering: .relaxed) == free,
      state.compareExchange(expected: free, desired: UInt(bitPattern: work), ordering: .acquiringAndReleasing).exchanged
    else { return false }
    if ifAsleep { offered.signal() }
    return true
  }

  /// For the caller, when it has nothing left to do: takes back what the worker has not begun, and waits for what it has.
  func settle(_ work: UnsafePointer<Work>) {
    let address = UInt(bitPattern: work)
    let (isWithdrawn, found) = state.compareExchange(
      expected: address, desired: Worker.lookingOut, ordering: .acquiringAndReleasing)
    guard !isWithdrawn, found == address | Worker.begun else { return }
    if Worker.look(until: { state.load(ordering: .acquiring) != address | Worker.begun }) { return }
    let waits = state.compareExchange(
      expected: address | Worker.begun, desired: address | Worker.awaited, ordering: .acquiringAndReleasing
    ).exchanged
    if waits { ended.wait() }
  }

  /// For the worker's thread.
  func serve() -> Never {
    while true {
      let address = nextOffer()
      let isTaken = state.compareExchange(
        expected: address, desired: address | Worker.begun, ordering: .acquiringAndReleasing
      ).exchanged
      guard isTaken, let work = UnsafePointer<Work>(bitPattern: address) else { continue }
      work.pointee.share()
      if state.exchange(Worker.lookingOut, ordering: .acquiringAndReleasing) == address | Worker.awaited {
        ended.signal()
      }
    }
  }

  private func nextOffer() -> UInt {
    while true {
      var found = Worker.lookingOut
      let isOffered = Worker.look {
        found = state.load(ordering: .acquiring)
        return found != Worker.lookingOut
      }
      if isOffered { return found }
      let sleeps = state.compareExchange(
        expected: Worker.lookingOut, desired: Worker.asleep, ordering: .acquiringAndReleasing
      ).exchanged
      if sleeps { offered.wait() }
    }
  }

  /// Looks out for something, for about as long as going to sleep and waking takes. Whoever else wants this processor
  /// gets it in between: it may be the very thread that is looked out for.
  private static func look(until condition: () -> Bool) -> Bool {
    let end = Moment.now + .microseconds(50)
    repeat {
      for _ in 0..<16 {
        if condition() { return true }
        upconv_pause()
      }
      sched_yield()
    } while Moment.now < end
    return false
  }
}
