import Testing
import UpconvMetrics

@Suite struct DurationHistogramQuantileTests {
  @Test func `A quantile lies evenly within its bounds`() {
    var histogram = DurationHistogram()
    #expect(histogram.quantile(0.5) == 0)
    // Four between 1 and 2.5 ms.
    for _ in 0..<4 { histogram.add(nanoseconds: 2_000_000) }
    #expect(abs(histogram.quantile(0.5) - 0.00175) < 1e-12)
    #expect(abs(histogram.quantile(1) - 0.0025) < 1e-12)
    // One above all bounds.
    histogram.add(nanoseconds: 500_000_000_000)
    #expect(histogram.quantile(0.99) == 120)
  }

  @Test func `A difference has what came since`() {
    var earlier = DurationHistogram()
    earlier.add(nanoseconds: 50_000)
    var later = earlier
    later.add(nanoseconds: 3_000_000)
    var expected = DurationHistogram()
    expected.add(nanoseconds: 3_000_000)
    #expect(later - earlier == expected)
  }
}
