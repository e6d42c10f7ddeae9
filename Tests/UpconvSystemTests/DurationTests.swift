import Testing
import UpconvSystem

@Suite struct DurationTests {
  @Test func `A duration has its nanoseconds, or as many as there can be`() {
    #expect(Duration.zero.nanoseconds == 0)
    #expect(Duration.nanoseconds(1).nanoseconds == 1)
    #expect((Duration.nanoseconds(1) / 2).nanoseconds == 0)
    #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
    #expect(Duration.milliseconds(-1500).nanoseconds == -1_500_000_000)
    #expect(Duration.seconds(9_223_372_036).nanoseconds == 9_223_372_036_000_000_000)
    #expect((Duration.seconds(9_223_372_036) + .nanoseconds(854_775_807)).nanoseconds == .max)
    #expect((Duration.seconds(9_223_372_036) + .nanoseconds(900_000_000)).nanoseconds == .max)
    #expect(Duration.seconds(10_000_000_000).nanoseconds == .max)
    #expect(Duration.seconds(-10_000_000_000).nanoseconds == .min)
  }

  @Test func `Durations beyond an Int's nanoseconds stay countable`() {
    #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    #expect(Duration.microseconds(3).nanoseconds == 3000)
  }
}
