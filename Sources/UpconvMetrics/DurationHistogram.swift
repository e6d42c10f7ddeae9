/// Counts durations by upper bounds, as Prometheus has it. The bounds are the same for all, so that histograms add up.
package struct DurationHistogram: Sendable, Equatable {
  /// Upper bounds in seconds: 1, 2.5 and 5 of each power of ten from 100 µs to 10 s, then 30 and 120 s.
  package static let bounds: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120,
  ]
  private static let nanosecondBounds = bounds.map { Int($0 * 1_000_000_000) }

  /// How many fell under each bound and above the one before; the last: above all.
  package internal(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  package internal(set) var totalNanoseconds = 0

  package init() {}

  package var count: Int { counts.reduce(0, +) }

  package mutating func add(nanoseconds: Int) {
    let index = DurationHistogram.nanosecondBounds.firstIndex { nanoseconds <= $0 } ?? DurationHistogram.bounds.count
    counts[index] += 1
    totalNanoseconds &+= nanoseconds
  }

  package static func += (sum: inout DurationHistogram, other: DurationHistogram) {
    for index in sum.counts.indices { sum.counts[index] += other.counts[index] }
    sum.totalNanoseconds &+= other.totalNanoseconds
  }
}
