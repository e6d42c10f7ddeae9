/// Where a connection comes from or goes to, without the port: an address of IPv6, or one of IPv4 in IPv6's form
/// (RFC 4291 §2.5.5.2).
package struct NetworkAddress: Sendable, Hashable {
  /// The first eight bytes, the first of them highest.
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// An address of IPv4.
  package init(ipv4 number: UInt32) { self.init(high: 0, low: 0xFFFF << 32 | UInt64(number)) }

  /// Of a peer without one, such as a socket in the file system.
  package static let none = NetworkAddress(high: 0, low: 0)

  package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// 127.0.0.0/8 and ::1: only processes of this machine reach it.
  package var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

  /// What one subscriber has: the address itself of IPv4, the first 64 bits of IPv6 (RFC 6177), within which a single
  /// machine may choose a new address for every connection.
  package var subscriber: NetworkAddress { isIPv4 || high == 0 ? self : NetworkAddress(high: high, low: 0) }

  /// The first 48 bits of an address of IPv6, which a site may have (RFC 6177 §2), in the upper bits; nil for IPv4 and for
  /// this machine's own address.
  package var site: UInt64? { isIPv4 || high == 0 ? nil : high & ~0xFFFF }
}
