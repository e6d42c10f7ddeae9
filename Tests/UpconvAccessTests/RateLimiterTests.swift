import Testing
import UpconvHTTP
import UpconvSystem

@testable import UpconvAccess

@Suite struct RateLimiterTests {
  private let start = Moment.now

  private func limiter(_ rate: String, setCount: Int = 16) throws -> RateLimiter {
    RateLimiter(try #require(RequestRate(rate)), setCount: setCount, start: start)
  }

  private func key(_ number: Int) -> RateLimiter.Key { RateLimiter.Key(high: 1, low: UInt64(number)) }

  @Test func `A burst goes through, then one for each interval`() throws {
    let limiter = try limiter("10:3")
    for _ in 0..<3 { #expect(limiter.count(key(1), at: start) == nil) }
    #expect(limiter.count(key(1), at: start) == 1)
    // The first is due again after a tenth of a second, and not before.
    #expect(limiter.count(key(1), at: start + .milliseconds(99)) == 1)
    #expect(limiter.count(key(1), at: start + .milliseconds(100)) == nil)
    #expect(limiter.count(key(1), at: start + .milliseconds(100)) == 1)
    // Refused requests were not counted: after a rest the whole burst is there.
    for _ in 0..<3 { #expect(limiter.count(key(1), at: start + .seconds(10)) == nil) }
    #expect(limiter.count(key(1), at: start + .seconds(10)) == 1)
  }

  @Test func `What goes through in the long run is the rate`() throws {
    let limiter = try limiter("10:5")
    var passed = 0
    for millisecond in 0..<100_000 where limiter.count(key(1), at: start + .milliseconds(millisecond)) == nil {
      passed += 1
    }
    #expect(passed == 1004)
  }

  @Test func `Retry-After is in whole seconds, and after it the next one goes through`() throws {
    let limiter = try limiter("1/m:1")
    #expect(limiter.count(key(1), at: start) == nil)
    #expect(limiter.count(key(1), at: start) == 60)
    #expect(limiter.count(key(1), at: start + .milliseconds(30_500)) == 30)
    #expect(limiter.count(key(1), at: start + .milliseconds(59_999)) == 1)
    #expect(limiter.count(key(1), at: start + .seconds(60)) == nil)
    let hourly = try self.limiter("1/h:100")
    for _ in 0..<100 { #expect(hourly.count(key(1), at: start) == nil) }
    #expect(hourly.count(key(1), at: start) == 3600)
  }

  @Test func `A clock that goes back gives nothing away`() throws {
    let limiter = try limiter("1:1")
    #expect(limiter.count(key(1), at: start + .seconds(5)) == nil)
    #expect(limiter.count(key(1), at: start + .seconds(-5)) != nil)
  }

  @Test func `The largest rates and bursts overflow nothing`() throws {
    let slow = try limiter("1/h:100000")
    for _ in 0..<100_000 { #expect(slow.count(key(1), at: start + .seconds(1 << 30)) == nil) }
    #expect(slow.count(key(1), at: start + .seconds(1 << 30)) == 3600)
    let fast = try limiter("1000000:1")
    #expect(fast.count(key(1), at: start + .seconds(1 << 30)) == nil)
    #expect(fast.count(key(1), at: start + .seconds(1 << 30)) == 1)
  }

  @Test func `Senders are counted apart`() throws {
    let limiter = try limiter("1:1")
    for number in 0..<16 { #expect(limiter.count(key(number), at: start) == nil) }
    for number in 0..<16 { #expect(limiter.count(key(number), at: start) != nil) }
  }

  @Test func `A million senders take no more room, and do not free one that owes more than they do`() throws {
    let limiter = try limiter("1/h:2", setCount: 4)
    #expect(limiter.capacity == 32)
    // Owes for two requests; each of the others for one.
    #expect(limiter.count(key(-1 & 0xFFFF_FFFF), at: start) == nil)
    #expect(limiter.count(key(-1 & 0xFFFF_FFFF), at: start) == nil)
    for number in 0..<1_000_000 { #expect(limiter.count(key(number), at: start) == nil) }
    #expect(limiter.count(key(-1 & 0xFFFF_FFFF), at: start) == 3600)
    #expect(limiter.capacity == 32)
  }

  @Test(arguments: [
    ("50", 50, 50), ("50:200", 50, 200), ("10/m", 10, 1), ("120/m", 120, 2), ("1/h:100", 1, 100), ("3/s:1", 3, 1),
    ("1000000", 1_000_000, 100_000),
  ])
  func `A rate says how many, in what time, and how many at once`(text: String, count: Int, burst: Int) throws {
    let rate = try #require(RequestRate(text))
    #expect(rate.count == count)
    #expect(rate.burst == burst)
  }

  @Test(arguments: [
    "", "0", "-1", "1.5", "+1", "1000001", "1/d", "1/", "1:", "1:0", "1:100001", "1:2:3", ":5", "/s", "1 /s", "٣",
    "1e3",
  ])
  func `What is no rate is refused`(text: String) {
    #expect(RequestRate(text) == nil)
  }

  @Test func `A network of IPv6 is one subscriber, an address of IPv4 another`() {
    let first = NetworkAddress(high: 0x2001_0db8_0000_0001, low: 1)
    let second = NetworkAddress(high: 0x2001_0db8_0000_0001, low: 0xFFFF_0000_1234_5678)
    let elsewhere = NetworkAddress(high: 0x2001_0db8_0000_0002, low: 1)
    #expect(first.subscriber == second.subscriber)
    #expect(first.subscriber != elsewhere.subscriber)
    let (home, neighbour) = (NetworkAddress(ipv4: 0xC000_0201), NetworkAddress(ipv4: 0xC000_0202))
    #expect(home.subscriber != neighbour.subscriber)
    #expect(home.isIPv4)
    #expect(!first.isIPv4)
  }

  @Test func `Loopback is 127 and whatever follows, and ::1`() {
    #expect(NetworkAddress(ipv4: 0x7F00_0001).isLoopback)
    #expect(NetworkAddress(ipv4: 0x7FFF_FFFF).isLoopback)
    #expect(NetworkAddress(high: 0, low: 1).isLoopback)
    for address in [
      NetworkAddress(ipv4: 0), NetworkAddress(ipv4: 0x8000_0001), .none, NetworkAddress(high: 1, low: 1),
    ] {
      #expect(!address.isLoopback)
    }
  }
}
