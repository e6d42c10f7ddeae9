/// The generic cell rate algorithm: a rate and a burst, kept in one number for each who is counted.
/// - Source: ITU-T Recommendation I.371, virtual scheduling.
struct CellRate {
  /// From one request to the next, and how far ahead of that a burst may run. Nanoseconds.
  private let interval: Int64
  private let tolerance: Int64

  init(_ rate: RequestRate) {
    interval = rate.nanosecondsPerRequest
    // At most 100,000 hours, below what 63 bits of nanoseconds hold.
    tolerance = interval * Int64(rate.burst - 1)
  }

  /// Counts a request, or says how long it comes too early, in nanoseconds: that one is not counted.
  /// - Parameters:
  ///   - arrival: when the next request would be due, were all on time; below `now` for whoever has rested.
  ///   - now: nanoseconds since any start, never going back.
  func count(_ arrival: inout Int64, at now: Int64) -> Int64? {
    let due = max(arrival, now)
    guard due - now <= tolerance else { return due - now - tolerance }
    arrival = due + interval
    return nil
  }
}
