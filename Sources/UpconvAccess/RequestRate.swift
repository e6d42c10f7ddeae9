/// How often somebody may ask: so many requests in a second, a minute or an hour, and so many at once.
package struct RequestRate: Sendable, Equatable, CustomStringConvertible {
  package enum Unit: String, Sendable, CaseIterable {
    case second = "s"
    case minute = "m"
    case hour = "h"

    fileprivate var nanoseconds: Int64 {
      switch self {
      case .second: 1_000_000_000
      case .minute: 60_000_000_000
      case .hour: 3_600_000_000_000
      }
    }

    fileprivate var name: String {
      switch self {
      case .second: "a second"
      case .minute: "a minute"
      case .hour: "an hour"
      }
    }
  }

  package let count: Int
  package let unit: Unit
  /// Requests that may come at once after a rest.
  package let burst: Int

  package static let counts = 1...1_000_000
  package static let bursts = 1...100_000

  /// - Parameter burst: without it, what a second brings.
  package init?(_ count: Int, per unit: Unit = .second, burst: Int? = nil) {
    guard RequestRate.counts.contains(count) else { return nil }
    let inASecond = Int((Int64(count) * Unit.second.nanoseconds - 1) / unit.nanoseconds) + 1
    let burst = burst ?? min(inASecond, RequestRate.bursts.upperBound)
    guard RequestRate.bursts.contains(burst) else { return nil }
    self.count = count
    self.unit = unit
    self.burst = burst
  }

  /// As many times as often, and as many at once, within what a rate may be.
  func multiplied(by factor: Int) -> RequestRate {
    RequestRate(
      min(count * factor, RequestRate.counts.upperBound), per: unit,
      burst: min(burst * factor, RequestRate.bursts.upperBound)) ?? self
  }

  /// `COUNT[/s|/m|/h][:BURST]`, such as `50`, `50:200` or `10/m:10`; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let rate = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let count = RequestRate.number(rate[0]) else { return nil }
    var unit = Unit.second
    if rate.count == 2 {
      guard let named = Unit(rawValue: String(rate[1])) else { return nil }
      unit = named
    }
    guard parts.count == 2 else {
      self.init(count, per: unit)
      return
    }
    guard let burst = RequestRate.number(parts[1]) else { return nil }
    self.init(count, per: unit, burst: burst)
  }

  /// Digits alone.
  private static func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(text) : nil
  }

  /// From one request to the next.
  var nanosecondsPerRequest: Int64 { max(1, unit.nanoseconds / Int64(count)) }

  package var description: String {
    "\(count) request\(count == 1 ? "" : "s") \(unit.name), \(burst) at once"
  }
}
