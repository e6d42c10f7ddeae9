import UpconvHTTP

/// A representation's name (ETag, RFC 9110 §8.8.3): equal for equal bytes only.
struct EntityTag: Equatable {
  private let opaque: String

  /// - Parameter digest: of the representation's bytes; the first 16 of them are enough to tell versions apart.
  init(digest: [UInt8]) {
    let digits = Array("0123456789abcdef")
    opaque = String(digest.prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  /// As a field has it.
  var text: String { "\"\(opaque)\"" }

  /// Whether If-Match names it or says `*`, by strong comparison (RFC 9110 §13.1.1).
  func isMatched(by ifMatch: [String]) -> Bool { isNamed(by: ifMatch, isStrong: true) }

  /// Whether If-None-Match names it or says `*`, by weak comparison (RFC 9110 §13.1.2). Our tags have no commas inside,
  /// so that a list may be split at its commas.
  func isNamed(by ifNoneMatch: [String]) -> Bool { isNamed(by: ifNoneMatch, isStrong: false) }

  private func isNamed(by values: [String], isStrong: Bool) -> Bool {
    values.contains { value in
      value.split(separator: ",").contains { member in
        let member = member.drop { $0 == " " || $0 == "\t" }
        let isWeak = member.hasPrefix("W/") && !isStrong
        let tag = (isWeak ? member.dropFirst(2) : member).prefix { $0 != " " && $0 != "\t" }
        return tag == "*" || tag == text
      }
    }
  }
}
