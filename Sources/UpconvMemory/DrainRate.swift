import UpconvSystem

/// How fast something that is full empties, as seen whenever somebody finds no room in it.
struct DrainRate {
  private var last: (drained: Int, time: Moment)?
  /// Smoothed; nil as long as nothing is known.
  private var perSecond: Double?

  /// Shorter intervals tell more of chance than of a rate.
  private static let shortestInterval = Duration.milliseconds(200)
  /// What happened before a pause of this length, in which nobody was refused, says nothing of now.
  private static let longestInterval = Duration.seconds(5)
  /// Of what is told to clients, who would give up for longer.
  static let maxSeconds = 30

  /// Whole seconds, from 1 to `maxSeconds`, until so much more has drained; 1 where no rate is known.
  /// - Parameter drainedSoFar: since the start of time.
  mutating func seconds(toDrain amount: Int, drainedSoFar drained: Int, at now: Moment) -> Int {
    note(drained, at: now)
    guard let perSecond else { return 1 }
    guard perSecond > 0 else { return DrainRate.maxSeconds }
    let seconds = (Double(amount) / perSecond).rounded(.up)
    return Int(min(Double(DrainRate.maxSeconds), max(1, seconds)))
  }

  private mutating func note(_ drained: Int, at now: Moment) {
    guard let (before, time) = last, now - time <= DrainRate.longestInterval else {
      last = (drained, now)
      perSecond = nil
      return
    }
    let interval = now - time
    guard interval >= DrainRate.shortestInterval else { return }
    let rate = Double(drained &- before) / (interval / .seconds(1))
    perSecond = perSecond.map { ($0 + rate) / 2 } ?? rate
    last = (drained, now)
  }
}
