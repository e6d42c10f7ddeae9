/// The bytes that a client of HTTP/2 begins with (RFC 9113 §3.4): no request of HTTP/1.1 does.
package enum ConnectionPreface {
  package static let bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  /// What the first bytes of a connection are.
  package enum Match { case whole, partial, none }

  /// Looks at the first bytes of a connection, however many have come. Cost: one comparison for other clients.
  package static func match(_ start: some Collection<UInt8>) -> Match {
    guard zip(start, bytes).allSatisfy({ $0 == $1 }) else { return .none }
    return start.count >= bytes.count ? .whole : .partial
  }
}
