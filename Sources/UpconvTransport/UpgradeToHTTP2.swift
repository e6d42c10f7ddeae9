import UpconvHTTP
import UpconvHTTP2

/// A request of HTTP/1.1 that asks to go on in HTTP/2 (RFC 7540 §3.2; given up by RFC 9113 §3.1, hence off by
/// default: behind a proxy that hands it on, it opens a tunnel past the proxy's rules).
struct UpgradeToHTTP2 {
  /// HTTP2-Settings, decoded.
  let settings: [UInt8]

  /// `101 (Switching Protocols)`.
  static let response = Array("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n".utf8)

  /// Nil where the request does not ask for it, or not in the one form that is taken: without content, with one
  /// HTTP2-Settings, both named in Connection. It is then served in HTTP/1.1 (RFC 9110 §7.8).
  init?(_ head: RequestHead) {
    guard head.version == .http11, head.framing == .none || head.framing == .contentLength(0),
      UpgradeToHTTP2.lists(head, "upgrade", has: "h2c"), UpgradeToHTTP2.lists(head, "connection", has: "upgrade"),
      UpgradeToHTTP2.lists(head, "connection", has: "http2-settings"), head.fields.count(of: "http2-settings") == 1,
      let value = head.fields.first("http2-settings"), let settings = UpgradeToHTTP2.decodeBase64URL(value),
      // Six bytes for each setting (RFC 9113 §6.5.1).
      settings.count % 6 == 0
    else { return nil }
    self.settings = settings
  }

  private static func lists(_ head: RequestHead, _ name: String, has token: String) -> Bool {
    head.fields.values(of: name).contains { value in
      value.split(separator: ",").contains { member in
        String(member.filter { $0 != " " && $0 != "\t" }).lowercased() == token
      }
    }
  }

  /// base64url without padding (RFC 4648 §5); nil where it is anything else.
  static func decodeBase64URL(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits = 0
    var bitCount = 0
    for character in text.utf8 {
      let digit: UInt8
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = character - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = character - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0") + 52
      case UInt8(ascii: "-"): digit = 62
      case UInt8(ascii: "_"): digit = 63
      default: return nil
      }
      bits = (bits << 6 | Int(digit)) & 0xFFFF
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
      }
    }
    // What is left over must be less than a digit, and zero.
    return bitCount < 6 && bits & (1 << bitCount - 1) == 0 ? bytes : nil
  }
}
