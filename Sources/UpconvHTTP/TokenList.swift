/// A list of tokens, the shape of Connection, Transfer-Encoding, Expect and Content-Encoding
/// (RFC 9110 §5.6.1). Split on octets: a decision about framing may hang on it. Empty elements are ignored
/// (RFC 9110 §5.6.1.2); the limits of a head bound their number.
struct TokenList: Equatable {
  /// The members that are tokens, in lower case, in order.
  private(set) var tokens: [String] = []
  /// Whether a member was no token: it had parameters, blanks inside, or octets outside ASCII.
  private(set) var hasMalformedMember = false

  /// The members of all lines of one field, `values`.
  init(_ values: [String]) {
    for value in values {
      for member in value.utf8.split(separator: ASCII.comma, omittingEmptySubsequences: false) {
        append(member.trimmingBlanks())
      }
    }
  }

  /// Whether `token`, in lower case, is a member.
  func contains(_ token: String) -> Bool { tokens.contains(token) }

  private mutating func append(_ member: Substring.UTF8View) {
    guard !member.isEmpty else { return }
    if member.allSatisfy(\.isTokenByte) {
      tokens.append(String(decoding: member.map(\.inLowerCase), as: UTF8.self))
    } else {
      hasMalformedMember = true
    }
  }
}

extension BidirectionalCollection where Element == UInt8 {
  /// Without the OWS at both ends (RFC 9110 §5.6.3).
  func trimmingBlanks() -> SubSequence {
    guard let first = firstIndex(where: { !$0.isBlank }), let last = lastIndex(where: { !$0.isBlank }) else {
      return self[endIndex..<endIndex]
    }
    return self[first...last]
  }
}
