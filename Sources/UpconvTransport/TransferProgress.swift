import UpconvClock

/// How far a peer has come with taking what it is sent: whoever takes it byte by byte would hold its memory for hours.
struct TransferProgress {
  /// Less than this within the idle timeout is no progress. With the timeout's default it is about a kilobyte a second.
  private static let minBytes = 64 << 10

  /// When it last took all that there was, or `minBytes` of it.
  private(set) var last: Moment
  /// Bytes that it took since then.
  private var bytes = 0

  init(now: Moment) { last = now }

  /// - Parameter isAll: whether that was all that there was.
  mutating func take(bytes count: Int, isAll: Bool = false, now: Moment) {
    bytes += count
    if isAll || bytes >= TransferProgress.minBytes { restart(now: now) }
  }

  /// Something begins to wait for it, or nothing does any more.
  mutating func restart(now: Moment) {
    bytes = 0
    last = now
  }
}
