import Testing
import UpconvSystem

@Suite struct MomentTests {
  private let moment = Moment(nanoseconds: 5_000_000_000)

  @Test func `Moments and durations add up`() {
    #expect(moment + .milliseconds(1500) == Moment(nanoseconds: 6_500_000_000))
    #expect(moment + .milliseconds(-1500) == Moment(nanoseconds: 3_500_000_000))
    #expect(moment + .milliseconds(1) - moment == .milliseconds(1))
    #expect(moment - (moment + .milliseconds(1)) == .milliseconds(-1))
    #expect((moment + .nanoseconds(7)).nanoseconds(since: moment) == 7)
    #expect(moment.nanoseconds(since: moment + .nanoseconds(7)) == -7)
    #expect(moment < moment + .nanoseconds(1))
  }

  @Test func `Beyond the last and the first moment there is none`() {
    #expect(moment + .seconds(Int64.max) == Moment(nanoseconds: .max))
    #expect(Moment(nanoseconds: -5) + .seconds(-Int64.max) == Moment(nanoseconds: .min))
  }

  @Test func `The clock goes on, in step with the standard library's`() {
    let start = (Moment.now, ContinuousClock.now)
    let end = (Moment.now, ContinuousClock.now)
    #expect(start.0 <= end.0)
    // Each was read within the time that the other saw pass, and a little.
    let difference = (end.0 - start.0) - (end.1 - start.1)
    #expect(difference < .seconds(1) && difference > .seconds(-1))
  }
}
