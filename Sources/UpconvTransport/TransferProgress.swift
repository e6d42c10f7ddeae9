import UpconvSystem

/// How far a peer has come with what it takes or sends: a peer that does so byte by byte would hold memory and a place
/// for hours.
struct TransferProgress {
  /// Less than this within the idle timeout is no progress. With the timeout's default it is about a kilobyte a second.
  private static let minBytes = 64 << 10

  /// When it last took all that there was, or `minBytes` of it; when its content began.
  private(set) var last: Moment
  /// Bytes since then.
  private var bytes = 0

  init(now: Moment) { last = now }

  /// Counts bytes of answers that the peer took.
  /// - Parameter isAll: whether that was all that there was.
  mutating func take(bytes count: Int, isAll: Bool = false, now: Moment) {
    bytes += count
    if isAll || bytes >= TransferProgress.minBytes { restart(now: now) }
  }

  /// Counts bytes of a content, whose rate is averaged from its beginning.
  mutating func add(bytes count: Int) { bytes += count }

  /// Something begins to wait for the peer, or nothing does any more.
  mutating func restart(now: Moment) {
    bytes = 0
    last = now
  }

  /// Whether the bytes since `last` came or went at less than a rate, for longer than `patience`.
  func isSlower(than bytesPerSecond: Int, after patience: Duration, now: Moment) -> Bool {
    let elapsed = now - last
    return elapsed > patience && Double(bytes) < Double(bytesPerSecond) * (elapsed / .seconds(1))
  }
}
