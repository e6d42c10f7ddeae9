import CTiles
import Glibc
import Synchronization
import UpconvSystem

/// What a worker and its callers do to each other, by atomic operations and by sleeping in the kernel.
struct ThreadSignals: WorkerSignals, ~Copyable {
  private let word = Atomic<UInt>(0)
  private let offers = Gate()
  private let ends = Gate()
  private let seat: ProcessorSeat
  private let others: [ProcessorSeat]
  /// The processor from which the last offer came.
  private let callersProcessor = Atomic<Int32>(-1)

  /// - Parameters:
  ///   - seat: the worker's own.
  ///   - others: those of the pool's other workers.
  init(seat: ProcessorSeat, others: [ProcessorSeat]) {
    self.seat = seat
    self.others = others
  }

  func load() -> UInt { word.load(ordering: .acquiring) }

  func compareExchange(expected: UInt, desired: UInt) -> (exchanged: Bool, original: UInt) {
    word.compareExchange(expected: expected, desired: desired, ordering: .acquiringAndReleasing)
  }

  func exchange(_ desired: UInt) -> UInt { word.exchange(desired, ordering: .acquiringAndReleasing) }

  /// For about as long as going to sleep and waking takes. Any other thread that wants this processor gets it in
  /// between: it may be the very thread that is waited for.
  func spin(while value: UInt) -> UInt {
    let end = Moment.now + .microseconds(50)
    while true {
      for _ in 0..<16 {
        let found = load()
        if found != value { return found }
        upconv_pause()
      }
      sched_yield()
      if Moment.now >= end { return load() }
    }
  }

  func count(of wait: WorkerWait) -> UInt32 { gate(wait).count }
  func sleep(in wait: WorkerWait, past seen: UInt32) { gate(wait).wait(past: seen) }
  func wake(from wait: WorkerWait) { gate(wait).open() }

  private func gate(_ wait: WorkerWait) -> Gate {
    switch wait {
    case .offer: offers
    case .end: ends
    }
  }

  func note(_ side: WorkerSide) {
    switch side {
    case .caller:
      callersProcessor.store(Processor.current, ordering: .relaxed)
    case .wokenWorker:
      leaveIfCrowded()
    case .begunWorker:
      leaveIfCrowded()
      seat.take()
    case .endedWorker:
      seat.leave()
    }
  }

  /// A worker that runs where its caller did must have waited for the caller, so that two threads share a processor.
  private func leaveIfCrowded() {
    let caller = callersProcessor.load(ordering: .relaxed)
    let mine = Processor.current
    guard mine >= 0, mine == caller || others.contains(where: { $0.processor == mine }) else { return }
    seat.move(awayFrom: caller, others: others)
  }
}

/// The processor that a worker computes on, for the pool's other workers to see; and the worker's way off it.
///
/// The kernel spreads threads that compute without end, but not those that spin and sleep by turns. Once another process
/// has crowded a worker on to its caller's processor, it stays there, with a twentieth of the time, also when the other
/// process has long ended. So a worker that finds itself on a used processor leaves it by itself.
final class ProcessorSeat: Sendable {
  private let number = Atomic<Int32>(-1)
  /// When the worker last moved, in nanoseconds.
  private let lastMove = Atomic<Int64>(.min)

  /// A processor is left this often at most: where all are crowded, moving helps little and costs about 20 µs.
  private static let leastTimeBetweenMoves = Duration.milliseconds(5)

  /// The processor that the worker computes on; -1 while it does not compute.
  var processor: Int32 { number.load(ordering: .relaxed) }

  func take() { number.store(Processor.current, ordering: .relaxed) }

  func leave() { number.store(-1, ordering: .relaxed) }

  /// Moves the calling worker to a processor that neither the caller nor another worker uses, or, if none is left, away
  /// from the caller alone.
  func move(awayFrom caller: Int32, others: [ProcessorSeat]) {
    let now = Moment.now
    let last = Moment(nanoseconds: lastMove.load(ordering: .relaxed))
    guard now >= last + ProcessorSeat.leastTimeBetweenMoves else { return }
    lastMove.store(now.nanoseconds, ordering: .relaxed)
    _ = Processor.leave([caller] + others.map(\.processor)) || Processor.leave([caller])
  }
}
