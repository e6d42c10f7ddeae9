/// Which content codings a client takes (Accept-Encoding, RFC 9110 §12.5.3), as far as this server can tell
/// them apart: gzip, deflate, and none.
package struct AcceptEncoding: Sendable, Equatable {
  /// Whether an answer is better sent in gzip: it is asked for, and no less than the plain form. A client
  /// that sends no field takes anything, but has not said that it can read gzip.
  package let prefersGzip: Bool
  /// Whether deflate is asked for, and liked better than gzip and no less than the plain form.
  package let prefersDeflate: Bool
  /// Whether the plain form is excluded, by `identity;q=0` or by `*;q=0` without an `identity`.
  package let refusesIdentity: Bool

  /// Reads all lines of Accept-Encoding, `values`. A malformed member is ignored.
  package init(_ values: [String]) {
    var weights: [String: QualityValue] = [:]
    for value in values {
      var scanner = FieldValueScanner(value)
      while !scanner.isAtEnd {
        if let (coding, quality) = Self.member(&scanner) {
          weights[coding] = max(quality, weights[coding] ?? .zero)
        }
        scanner.skipMember()
      }
    }
    let gzip = weights["gzip"] ?? weights["*"] ?? .zero
    let identity = weights["identity"] ?? weights["*"]
    // Without a word on it the plain form is acceptable, and what was asked for is better.
    let deflate = weights["deflate"] ?? .zero
    prefersGzip = gzip > .zero && gzip >= identity ?? .zero && gzip >= deflate
    prefersDeflate = deflate > gzip && deflate >= identity ?? .zero
    refusesIdentity = identity == .zero
  }

  /// `codings [ weight ]` up to its comma, or `nil` when it is malformed.
  private static func member(_ scanner: inout FieldValueScanner) -> (coding: String, quality: QualityValue)? {
    scanner.skipBlanks()
    guard let coding = scanner.lowerCaseToken() else { return nil }
    var quality: QualityValue? = .one
    let isWellFormed = scanner.parameters { name, value in
      quality = name == "q" ? QualityValue(value) : nil
      return quality != nil
    }
    guard isWellFormed, let quality, scanner.isAtMemberEnd else { return nil }
    return (ContentCodings.canonicalName(coding), quality)
  }
}
