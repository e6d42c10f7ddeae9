import Testing
import UpconvHTTP

@testable import UpconvAccess

@Suite struct SiteRateTests {
  private func passed(of addresses: [NetworkAddress], rate: String) -> Int {
    var configuration = AccessConfiguration()
    configuration.ratePerAddress = RequestRate(rate)
    let access = AccessControl(configuration)
    let head = RequestHead(
      method: .get, target: .resource(ResourcePath(segments: ["v2"])), fields: HTTPFields(), framing: .none)
    return addresses.count { address in
      do throws(AccessError) { try access.check(head, from: address, for: .open) } catch { return false }
      return true
    }
  }

  @Test func `A subscriber's /48 has sixteen times the rate, however many of its networks ask`() {
    let site: UInt64 = 0x2001_0DB8_0001_0000
    // 40,000 networks are more than the table tells apart.
    let networks = (0..<40_000).map { NetworkAddress(high: site | UInt64($0), low: 1) }
    #expect(passed(of: networks + networks, rate: "1/h:3") == 48)
    // Others are not concerned, nor addresses of IPv4.
    let others = (1...100).map { NetworkAddress(high: site + UInt64($0) << 16, low: 1) }
    #expect(passed(of: others, rate: "1/h:3") == 100)
    let version4 = (1...100).map { NetworkAddress(high: 0, low: 0xFFFF << 32 | 0x0A00_0000 | UInt64($0)) }
    #expect(passed(of: version4, rate: "1/h:3") == 100)
  }
}
