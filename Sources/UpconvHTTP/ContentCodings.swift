/// The codings that were applied to a content, in the order they were applied (Content-Encoding,
/// RFC 9110 §8.4).
package struct ContentCodings: Sendable, Equatable {
  /// In lower case; `x-gzip` as `gzip`.
  package let names: [String]

  /// Reads all lines of Content-Encoding, `values`; no lines are no codings. `nil` when a member is no token.
  /// Empty members are skipped (RFC 9110 §5.6.1.2).
  package init?(_ values: [String]) {
    let list = TokenList(values)
    guard !list.hasMalformedMember else { return nil }
    names = list.tokens.map(Self.canonicalName)
  }

  /// RFC 9110 §8.4.1.3: `x-gzip` is `gzip`.
  static func canonicalName(_ coding: String) -> String { coding == "x-gzip" ? "gzip" : coding }
}
