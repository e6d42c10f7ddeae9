import UpconvSystem

/// Whether a peer takes the answers of its connection fast enough, of which many may wait at once.
struct AnswerProgress {
  /// Answers that have not gone out whole.
  private var waiting = 0
  private var progress: TransferProgress

  init(now: Moment) { progress = TransferProgress(now: now) }

  /// An answer begins to wait.
  mutating func begin(now: Moment) {
    if waiting == 0 { progress.restart(now: now) }
    waiting += 1
  }

  mutating func send(bytes count: Int, now: Moment) { progress.take(bytes: count, now: now) }

  /// An answer has gone out whole, or nobody waits for it any more.
  mutating func end() { waiting -= 1 }

  /// Whether the peer has taken less than a rate for longer than `patience`.
  func isSlower(than bytesPerSecond: Int, after patience: Duration, now: Moment) -> Bool {
    waiting > 0 && progress.isSlower(than: bytesPerSecond, after: patience, now: now)
  }

  func isStalled(now: Moment, timeout: Duration) -> Bool {
    waiting > 0 && now - progress.last > timeout
  }
}
