import UpconvClock

/// Who has to make room where all places for connections are taken.
enum RestingConnections {
  /// Who rests shorter than this may be about to send its next request.
  private static let leastRest = Duration.seconds(1)
  /// As many are looked at, from a place chosen by chance: to find the very longest would take a look at each, for
  /// every connection of a flood.
  private static let sampleSize = 64

  /// The place of the connection that rests longest, among some; nil where none has rested for a while.
  /// - Parameter restingSince: what a place's connection says; nil where it is busy, or there is none.
  static func longest(
    of count: Int, now: Moment, restingSince: (Int) -> Moment?
  ) -> Int? {
    guard count > 0 else { return nil }
    let start = Int.random(in: 0..<count)
    var best: (index: Int, since: Moment)?
    for step in 0..<min(count, sampleSize) {
      let index = (start + step) % count
      guard let since = restingSince(index), now - since >= leastRest else { continue }
      if best.map({ since < $0.since }) ?? true { best = (index, since) }
    }
    return best?.index
  }
}
