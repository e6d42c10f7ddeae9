/// Whether a peer takes the answers of its connection fast enough: whoever reads them byte by byte would hold their
/// memory for hours.
struct AnswerProgress {
  /// Less than this within the idle timeout is no progress. With the timeout's default it is about a kilobyte a second.
  static let minBytes = 64 << 10

  /// Answers that have not gone out whole.
  private var waiting = 0
  private var bytes = 0
  /// When it last got rid of `minBytes`, or nothing waited.
  private var lastProgress: ContinuousClock.Instant

  init(now: ContinuousClock.Instant) { lastProgress = now }

  /// An answer begins to wait.
  mutating func begin(now: ContinuousClock.Instant) {
    if waiting == 0 { restart(now) }
    waiting += 1
  }

  mutating func send(bytes count: Int, now: ContinuousClock.Instant) {
    bytes += count
    if bytes >= AnswerProgress.minBytes { restart(now) }
  }

  /// An answer has gone out whole, or nobody waits for it any more.
  mutating func end() { waiting -= 1 }

  func isStalled(now: ContinuousClock.Instant, timeout: Duration) -> Bool {
    waiting > 0 && now - lastProgress > timeout
  }

  private mutating func restart(_ now: ContinuousClock.Instant) {
    bytes = 0
    lastProgress = now
  }
}
