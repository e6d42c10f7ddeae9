/// A list of tokens, the shape of Connection, Transfer-Encoding, Expect and Content-Encoding
/// (RFC 9110 §5.6.1). Split on octets: a decision about framing may hang on it.
struct TokenList: Equatable {
  /// The members that are tokens, in lower case, in order.
  private(set) var tokens: [String] = []
  /// Whether there was nothing between two commas or at an end.
  private(set) var hasEmptyMember = false
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
    if member.isEmpty {
      hasEmptyMember = true
    } else if member.allSatisfy(\.isTokenByte) {
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
