/// Work that several threads do together: each calls `share` once, which returns when nothing is left to begin.
protocol SharedWork: ~Copyable, Sendable {
  func share()
}

/// The operations by which a worker and its callers see each other: one word, and two counts to wait on.
///
/// `ThreadSignals` performs them on the machine. A test performs them under a scheduler that tries every order.
protocol WorkerSignals: Sendable, ~Copyable {
  /// Returns the word.
  func load() -> UInt
  /// Replaces `expected` by `desired`; returns whether it did, and the word before.
  func compareExchange(expected: UInt, desired: UInt) -> (exchanged: Bool, original: UInt)
  /// Replaces the word; returns the one before.
  func exchange(_ desired: UInt) -> UInt
  /// Spins while the word is `value`, for a bounded time; returns the word that it saw last.
  func spin(while value: UInt) -> UInt
  /// Returns how often the wait of this kind was ended.
  func count(of wait: WorkerWait) -> UInt32
  /// Sleeps until the count differs from `seen`; may return early.
  func sleep(in wait: WorkerWait, past seen: UInt32)
  /// Raises the count and wakes every thread that sleeps in it.
  func wake(from wait: WorkerWait)
  /// Called by a caller before it offers, and by a worker when it wakes or begins.
  func note(_ side: WorkerSide)
}

/// The two waits: of a sleeping worker for an offer, and of callers for the end of what began.
enum WorkerWait { case offer, end }

/// Which thread notes that it runs.
enum WorkerSide { case caller, wokenWorker, begunWorker, endedWorker }

/// One thread, and the one piece of work that it is offered.
///
/// The word holds all that the thread and its callers tell each other: `spinning`, `asleep`, or the address of the work
/// with `begun` and `awaited` in its lowest bits. Each wait looks at the word again when it wakes: a wake-up tells a
/// thread to look, and never that its own work has ended.
// SAFETY: the address is that of a value which `WorkerPool.perform` borrows until `settle` returned: by then the offer
// is withdrawn, or the worker has put the word back after its last use of the address. `Work` is Sendable.
final class Worker<Work: SharedWork & ~Copyable, Signals: WorkerSignals & ~Copyable>: Sendable {
  private let signals: Signals

  private static var spinning: UInt { 0 }
  private static var asleep: UInt { 4 }
  private static var begun: UInt { 1 }
  private static var awaited: UInt { 3 }

  /// - Parameter signals: of a word that is 0.
  init(signals: consuming Signals) { self.signals = signals }

  /// For the caller: gives the worker something to do if it is free.
  func offer(_ work: UnsafePointer<Work>, ifAsleep: Bool) -> Bool {
    let free = ifAsleep ? Worker.asleep : Worker.spinning
    guard signals.load() == free else { return false }
    signals.note(.caller)
    guard signals.compareExchange(expected: free, desired: UInt(bitPattern: work)).exchanged else { return false }
    if ifAsleep { signals.wake(from: .offer) }
    return true
  }

  /// For the caller, when it has nothing left to do: takes back what the worker has not begun, and waits for what it has.
  func settle(_ work: UnsafePointer<Work>) {
    let address = UInt(bitPattern: work)
    let (isWithdrawn, found) = signals.compareExchange(expected: address, desired: Worker.spinning)
    guard !isWithdrawn, found == address | Worker.begun else { return }
    guard signals.spin(while: address | Worker.begun) == address | Worker.begun else { return }
    guard
      signals.compareExchange(expected: address | Worker.begun, desired: address | Worker.awaited).exchanged
    else { return }
    // The word holds this address again only if this caller offers it again.
    while true {
      let seen = signals.count(of: .end)
      guard signals.load() == address | Worker.awaited else { return }
      signals.sleep(in: .end, past: seen)
    }
  }

  /// For the worker's thread: waits for an offer and does the work, unless it is withdrawn first.
  func serveNext() {
    let address = nextOffer()
    guard signals.compareExchange(expected: address, desired: address | Worker.begun).exchanged,
      let work = UnsafePointer<Work>(bitPattern: address)
    else { return }
    signals.note(.begunWorker)
    work.pointee.share()
    signals.note(.endedWorker)
    if signals.exchange(Worker.spinning) == address | Worker.awaited { signals.wake(from: .end) }
  }

  private func nextOffer() -> UInt {
    while true {
      let found = signals.spin(while: Worker.spinning)
      if found != Worker.spinning { return found }
      guard signals.compareExchange(expected: Worker.spinning, desired: Worker.asleep).exchanged else { continue }
      while true {
        let seen = signals.count(of: .offer)
        guard signals.load() == Worker.asleep else { break }
        signals.sleep(in: .offer, past: seen)
      }
      signals.note(.wokenWorker)
    }
  }
}
