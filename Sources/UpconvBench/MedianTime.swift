/// Times what is done again and again: quiet and noisy moments of a machine differ, and the median minds neither.
enum MedianTime {
  /// Calls `body` for about `seconds`, five times at least.
  static func microseconds(seconds: Double, _ body: () throws -> Void) rethrows -> Double {
    var times: [Double] = []
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while clock.now < end || times.count < 5 {
      let start = clock.now
      try body()
      let (whole, parts) = (clock.now - start).components
      times.append(Double(whole) * 1e6 + Double(parts) / 1e12)
    }
    times.sort()
    return times[times.count / 2]
  }
}
