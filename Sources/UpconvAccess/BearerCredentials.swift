import UpconvHTTP

/// The token that a request brings in Authorization (RFC 6750 §2.1). In the query or the content none is looked for: a
/// query ends in logs, and content is not read before it is known who sends it.
struct BearerCredentials: Equatable {
  /// `b64token`.
  let token: [UInt8]

  /// Longer ones are no tokens: they would only be hashed for nothing.
  static let maxTokenBytes = 1024

  /// Nil if there are none, or those of another scheme.
  /// - Throws: `.repeatedCredentials`, `.malformedToken`.
  init?(_ fields: HTTPFields) throws(AccessError) {
    let values = fields.values(of: "authorization")
    guard let value = values.first else { return nil }
    guard values.count == 1 else { throw .repeatedCredentials }
    let bytes = Array(value.utf8)
    let scheme = bytes.prefix { $0 != UInt8(ascii: " ") }
    // RFC 9110 §11.1: the scheme has no case.
    guard scheme.map({ $0 | 0x20 }) == Array("bearer".utf8) else { return nil }
    let token = bytes.dropFirst(scheme.count).drop { $0 == UInt8(ascii: " ") }
    guard token.count <= BearerCredentials.maxTokenBytes, BearerCredentials.isToken(token) else {
      throw .malformedToken
    }
    self.token = Array(token)
  }

  /// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
  static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
    let rest = bytes.drop { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
        true
      default: false
      }
    }
    return rest.count < bytes.count && rest.allSatisfy { $0 == UInt8(ascii: "=") }
  }
}
