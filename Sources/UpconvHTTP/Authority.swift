/// The value of Host and the authority of an absolute-form target: `uri-host [":" port]` (RFC 9110 §7.2).
enum Authority {
  /// Whether `bytes` name a host.
  ///
  /// Stricter than RFC 3986 §3.2 in what HTTP forbids or never needs: no user information (RFC 9110 §4.2.4),
  /// no empty host (§4.2.1), no comma (two Host values merged by someone before us), no IPvFuture, no zone.
  static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first else { return false }
    if first == ASCII.leftBracket {
      guard let close = bytes.firstIndex(of: ASCII.rightBracket) else { return false }
      let address = bytes[bytes.index(after: bytes.startIndex)..<close]
      let rest = bytes[bytes.index(after: close)...]
      return isAddress(address) && (rest.isEmpty || (rest.first == ASCII.colon && isPort(rest.dropFirst())))
    }
    let colon = OctetScan.first(ASCII.colon, in: bytes, from: 0, to: bytes.count)
    return isName(UnsafeRawBufferPointer(rebasing: bytes[..<colon]))
      && (colon == bytes.count || isPort(bytes[(colon + 1)...]))
  }

  /// The same of octets that stand in an array.
  static func isValid(_ octets: [UInt8]) -> Bool { octets.withUnsafeBytes { isValid($0) } }

  /// Returns a valid authority in lower case, without an empty port or the default port of `scheme`: two authorities
  /// that name the same host and port become equal (RFC 3986 §6.2, RFC 9110 §4.2.3).
  static func normalized(_ octets: [UInt8], scheme: [UInt8]) -> [UInt8] {
    let octets = octets.map(\.inLowerCase)
    let digits = octets.reversed().prefix(while: \.isDigit).count
    let colon = octets.count - digits - 1
    guard colon >= 0, octets[colon] == ASCII.colon else { return octets }
    let defaultPort: Int? =
      switch String(decoding: scheme, as: UTF8.self).lowercased() {
      case "http": 80
      case "https": 443
      default: nil
      }
    let port = Int(String(decoding: octets[(colon + 1)...], as: UTF8.self))
    return port == nil || port == defaultPort ? Array(octets[..<colon]) : octets
  }

  /// The characters of an IPv6 address; whether it is one matters to nobody here.
  private static func isAddress(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.count >= 2 && bytes.contains(ASCII.colon)
      && bytes.allSatisfy { $0.hexValue != nil || $0 == ASCII.colon || $0 == ASCII.dot }
  }

  /// A reg-name or an IPv4 address (RFC 3986 §3.2.2).
  private static func isName(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard !bytes.isEmpty else { return false }
    var escapeDigits = 0
    for byte in bytes {
      if escapeDigits > 0 {
        guard byte.hexValue != nil else { return false }
        escapeDigits -= 1
      } else if byte == ASCII.percent {
        escapeDigits = 2
      } else {
        // pchar without ":", "@" and ",".
        guard byte.isPathByte, byte != ASCII.colon, byte != 0x40, byte != ASCII.comma else { return false }
      }
    }
    return escapeDigits == 0
  }

  /// `*DIGIT` (RFC 3986 §3.2.3), and no more than TCP can number.
  private static func isPort(_ bytes: some Collection<UInt8>) -> Bool {
    var port = 0
    for byte in bytes {
      guard byte.isDigit else { return false }
      port = port * 10 + Int(byte - ASCII.zero)
      guard port <= 65_535 else { return false }
    }
    return true
  }
}
