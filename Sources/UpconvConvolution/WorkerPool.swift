import Dispatch

/// Long-lived threads that help any thread with work, as far as they are free: no run waits for another to end.
///
/// After its last work a worker spins for a while before it sleeps, since the kernel takes longer to wake a thread than
/// many layers to compute. Nothing is allocated for a run.
final class WorkerPool<Work: SharedWork & ~Copyable>: Sendable {
  private let workers: [Worker<Work, ThreadSignals>]

  /// - Parameter count: of threads, which stay for as long as the process runs.
  init(count: Int) {
    let seats = (0..<count).map { _ in ProcessorSeat() }
    workers = seats.map { seat in
      Worker(signals: ThreadSignals(seat: seat, others: seats.filter { $0 !== seat }))
    }
    for (index, worker) in workers.enumerated() {
      DispatchQueue(label: "upconv.worker.\(index)", qos: .userInitiated).async {
        while true { worker.serveNext() }
      }
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
