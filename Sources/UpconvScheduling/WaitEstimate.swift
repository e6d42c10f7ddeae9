/// How long work will wait, by how long work took of late. A plain value: the queue guards it with a lock.
struct WaitEstimate {
  /// Smoothed over about eight pieces of work; nil before the first has ended.
  private(set) var meanRun: Duration?

  /// A piece of work has taken so long.
  mutating func note(ran duration: Duration) {
    meanRun = meanRun.map { $0 + (duration - $0) / 8 } ?? duration
  }

  /// How long a piece of work will wait that comes now, while all workers are busy.
  /// - Parameters:
  ///   - waiting: pieces before it.
  ///   - workers: that work at once.
  func wait(behind waiting: Int, workers: Int) -> Duration {
    // What runs is half done on average, and the piece before has a worker free for it: together about one more.
    (meanRun ?? .zero) * (waiting + 1) / workers
  }
}
