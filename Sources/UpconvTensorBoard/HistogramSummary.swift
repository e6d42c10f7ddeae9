import UpconvTensor

/// How the numbers of a tensor are spread.
/// - Source: `HistogramProto` of TensorFlow's summary.proto, whose field numbers stand here.
struct HistogramSummary: Sendable, Equatable {
  let least: Double
  let greatest: Double
  let count: Int
  let sum: Double
  let sumOfSquares: Double
  /// Upper ends of the buckets; the first begins at `least`.
  let limits: [Double]
  /// Numbers in each bucket.
  let counts: [Int]
  /// Numbers that are NaN or infinite; they are in no bucket and no sum.
  let nonFiniteCount: Int

  /// As many as TensorBoard draws.
  private static let bucketCount = 30

  /// Buckets of equal width between the least and the greatest number; one where all are equal. O(elements), twice.
  init(_ tensor: Tensor) {
    self = tensor.withElements { HistogramSummary($0) }
  }

  private init(_ elements: UnsafeBufferPointer<Float>) {
    var (least, greatest, sum, squares, count) = (Double.infinity, -Double.infinity, 0.0, 0.0, 0)
    for element in elements where element.isFinite {
      let value = Double(element)
      least = min(least, value)
      greatest = max(greatest, value)
      sum += value
      squares += value * value
      count += 1
    }
    nonFiniteCount = elements.count - count
    (self.count, self.sum, sumOfSquares) = (count, sum, squares)
    guard count > 0 else {
      (self.least, self.greatest, limits, counts) = (0, 0, [], [])
      return
    }
    (self.least, self.greatest) = (least, greatest)
    guard greatest > least else {
      (limits, counts) = ([greatest], [count])
      return
    }
    let last = HistogramSummary.bucketCount - 1
    // Of float32 in float64: neither overflows nor vanishes.
    let width = (greatest - least) / Double(HistogramSummary.bucketCount)
    var counts = [Int](repeating: 0, count: last + 1)
    for element in elements where element.isFinite { counts[min(last, Int((Double(element) - least) / width))] += 1 }
    self.counts = counts
    limits = (0...last).map { $0 == last ? greatest : least + Double($0 + 1) * width }
  }

  func write(to histogram: inout ProtobufWriter) {
    histogram.field(1, double: least)
    histogram.field(2, double: greatest)
    histogram.field(3, double: Double(count))
    histogram.field(4, double: sum)
    histogram.field(5, double: sumOfSquares)
    histogram.field(6, doubles: limits)
    histogram.field(7, doubles: counts.map(Double.init))
  }
}
