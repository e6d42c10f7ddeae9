import UpconvSystem

/// A place that a connection holds while nothing is done for it.
struct Idleness {
  /// Ordered by who makes room first.
  enum Reason: Int, Comparable {
    /// The peer sends or takes less than the minimum rate, in the middle of a request or an answer.
    case stalled
    /// Between two requests.
    case resting

    static func < (left: Reason, right: Reason) -> Bool { left.rawValue < right.rawValue }
  }

  let reason: Reason
  let since: Moment

  /// A shorter time may be the network's, or the client is about to send its next request.
  static let leastTime = Duration.seconds(1)
  /// Places that are looked at, from one chosen by chance: to find the very best would take a look at each, for every
  /// connection of a flood.
  private static let sampleSize = 64

  /// Returns the place whose connection makes room for a new one, or nil if none has been idle for a while.
  ///
  /// Stalled connections leave before resting ones; among equals that of the address which holds most places, and then
  /// the one that has been idle longest. Behind a proxy all have one address, so an address is never limited.
  /// - Parameters:
  ///   - count: the number of places.
  ///   - idleness: of a place's connection; nil if it is busy, or there is none.
  ///   - share: the number of places that the address of a place's connection holds.
  static func placeToGive(
    of count: Int, now: Moment, idleness: (Int) -> Idleness?, share: (Int) -> Int
  ) -> Int? {
    guard count > 0 else { return nil }
    let start = Int.random(in: 0..<count)
    var best: (index: Int, idleness: Idleness, share: Int)?
    for step in 0..<min(count, sampleSize) {
      let index = (start + step) % count
      guard let idleness = idleness(index), now - idleness.since >= leastTime else { continue }
      let share = share(index)
      // The larger share and the earlier moment come first.
      if let best,
        (best.idleness.reason, -best.share, best.idleness.since) <= (idleness.reason, -share, idleness.since)
      {
        continue
      }
      best = (index, idleness, share)
    }
    return best?.index
  }
}
