/// Where a web page comes from, as browsers write it in Origin: scheme, host and port (RFC 6454 §6.2).
package struct WebOrigin: Sendable, Equatable {
  package let text: String

  /// Nil for what no browser would send: with a path or a slash at the end, in capitals, with the scheme's own port, or
  /// `null`, which every page without an origin of its own shares.
  package init?(_ text: String) {
    guard let schemeEnd = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<schemeEnd.lowerBound]
    let authority = text[schemeEnd.upperBound...]
    guard let first = scheme.utf8.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first,
      scheme.utf8.allSatisfy({ WebOrigin.isLowerCaseOrDigit($0) || "+-.".utf8.contains($0) }), !authority.isEmpty,
      authority.utf8.allSatisfy({ WebOrigin.isLowerCaseOrDigit($0) || "-._:[]".utf8.contains($0) }),
      !(scheme == "http" && authority.hasSuffix(":80")), !(scheme == "https" && authority.hasSuffix(":443"))
    else { return nil }
    self.text = text
  }

  private static func isLowerCaseOrDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }
}
