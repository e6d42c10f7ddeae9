import Testing
import UpconvSystem

@testable import UpconvHTTP2

/// The clock is the test's own.
@Suite struct TokenBucketTests {
  private let start = Moment.now

  @Test func `A burst is allowed, and then what time brings`() {
    var bucket = TokenBucket(.init(burst: 3, perSecond: 2), now: start)
    #expect((0..<4).map { _ in bucket.spend(now: start) } == [true, true, true, false])
    #expect([400, 500, 600].map { bucket.spend(now: start + .milliseconds($0)) } == [false, true, false])
    // A long rest fills it, and no more than that.
    #expect((0..<4).map { _ in bucket.spend(now: start + .seconds(100)) } == [true, true, true, false])
  }

  @Test func `Several are taken at once, or none`() {
    var bucket = TokenBucket(.init(burst: 10, perSecond: 0), now: start)
    #expect([6, 6, 4, 1].map { bucket.spend($0, now: start) } == [true, false, true, false])
  }

  @Test func `What was earned never passes the burst, and a clock that goes back gives nothing`() {
    var bucket = TokenBucket(.init(burst: 2, perSecond: 0), now: start)
    bucket.earn(10)
    #expect((0..<3).map { _ in bucket.spend(now: start) } == [true, true, false])
    bucket.earn(1)
    #expect((0..<2).map { _ in bucket.spend(now: start + .seconds(-5)) } == [true, false])
  }
}
