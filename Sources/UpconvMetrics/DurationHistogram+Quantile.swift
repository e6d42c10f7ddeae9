extension DurationHistogram {
  /// What was counted since an earlier look at the same histogram.
  package static func - (later: DurationHistogram, earlier: DurationHistogram) -> DurationHistogram {
    var difference = later
    for index in difference.counts.indices { difference.counts[index] -= earlier.counts[index] }
    difference.totalNanoseconds &-= earlier.totalNanoseconds
    return difference
  }

  /// Seconds under which this share of the durations lies: as Prometheus' `histogram_quantile` works it out, evenly
  /// within a bound and the one below it; the largest bound for what lies above all. 0 where nothing was counted.
  package func quantile(_ share: Double) -> Double {
    let rank = share * Double(count)
    var below = 0.0
    for (index, bound) in DurationHistogram.bounds.enumerated() where counts[index] > 0 {
      let within = Double(counts[index])
      guard below + within < rank else {
        let lower = index == 0 ? 0 : DurationHistogram.bounds[index - 1]
        return lower + (bound - lower) * (rank - below) / within
      }
      below += within
    }
    return count == 0 ? 0 : DurationHistogram.bounds.last ?? 0
  }
}
