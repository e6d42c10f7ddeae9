package import UpconvSystem

/// Allows a number of events at once, and so many more with each second.
package struct TokenBucket {
  package struct Rate: Sendable, Equatable {
    package var burst: Double
    package var perSecond: Double

    package init(burst: Double, perSecond: Double) {
      self.burst = burst
      self.perSecond = perSecond
    }
  }

  private let rate: Rate
  private var tokens: Double
  private var lastRefill: Moment

  package init(_ rate: Rate, now: Moment) {
    self.rate = rate
    tokens = rate.burst
    lastRefill = now
  }

  /// Takes `count` tokens. Returns false, and takes none, if fewer are left.
  package mutating func spend(_ count: Double = 1, now: Moment) -> Bool {
    if tokens < rate.burst {
      let passed = now - lastRefill
      let seconds = Double(passed.components.seconds) + Double(passed.components.attoseconds) * 1e-18
      tokens = min(rate.burst, tokens + max(0, seconds) * rate.perSecond)
    }
    lastRefill = now
    guard tokens >= count else { return false }
    tokens -= count
    return true
  }

  /// Gives tokens back for work that the events belong to, never more than the burst.
  package mutating func earn(_ count: Double) { tokens = min(rate.burst, tokens + count) }
}
