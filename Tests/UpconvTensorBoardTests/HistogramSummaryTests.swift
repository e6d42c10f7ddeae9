import Testing
import UpconvTensor

@testable import UpconvTensorBoard

@Suite struct HistogramSummaryTests {
  @Test func `Every finite number is counted once, others apart`() throws {
    let tensor = try #require(Tensor(dimensions: [6], elements: [0, 1, 2, 30, .nan, .infinity]))
    let histogram = HistogramSummary(tensor)
    #expect((histogram.least, histogram.greatest, histogram.count, histogram.nonFiniteCount) == (0, 30, 4, 2))
    #expect((histogram.sum, histogram.sumOfSquares) == (33, 905))
    var expected = [Int](repeating: 0, count: 30)
    for bucket in [0, 1, 2, 29] { expected[bucket] = 1 }
    #expect(histogram.counts == expected)
    #expect(histogram.limits == (1...30).map(Double.init))
  }

  @Test func `Equal numbers are one bucket, and no numbers none`() throws {
    let constant = HistogramSummary(try #require(Tensor(dimensions: [2], elements: [3, 3])))
    #expect(constant.counts == [2] && constant.limits == [3])
    let nothing = HistogramSummary(try #require(Tensor(dimensions: [1], elements: [.nan])))
    #expect(nothing.count == 0 && nothing.counts.isEmpty && nothing.nonFiniteCount == 1)
  }

  @Test(arguments: [
    [-Float.greatestFiniteMagnitude, .greatestFiniteMagnitude], [0, .leastNonzeroMagnitude],
    [1, Float(1).nextUp], [-1e-38, 1e38],
  ])
  func `The ends of float32 neither overflow nor vanish`(elements: [Float]) throws {
    let histogram = HistogramSummary(try #require(Tensor(dimensions: [2], elements: elements)))
    #expect(histogram.counts.first == 1 && histogram.counts.last == 1)
    for limit in histogram.limits { #expect(limit.isFinite) }
    #expect(histogram.limits.last == Double(elements[1]))
  }
}
