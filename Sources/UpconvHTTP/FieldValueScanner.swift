/// Reads a field value from left to right: tokens, quoted strings, and what stands between them
/// (RFC 9110 §5.6).
struct FieldValueScanner {
  private let bytes: [UInt8]
  private var position = 0

  /// A scanner at the start of `value`.
  init(_ value: String) { bytes = Array(value.utf8) }

  /// Whether all was read.
  var isAtEnd: Bool { position == bytes.count }

  /// Whether a member of a list ends here.
  var isAtMemberEnd: Bool { isAtEnd || current == ASCII.comma }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Passes `byte` where it comes next.
  mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    position += 1
    return true
  }

  /// Passes `OWS` (RFC 9110 §5.6.3).
  mutating func skipBlanks() {
    while let byte = current, byte.isBlank { position += 1 }
  }

  /// Passes a token (RFC 9110 §5.6.2), as it is written; `nil` where none comes next.
  mutating func token() -> String? {
    let start = position
    while let byte = current, byte.isTokenByte { position += 1 }
    return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
  }

  /// Passes a token, in lower case.
  mutating func lowerCaseToken() -> String? {
    token().map { String(decoding: $0.utf8.map(\.inLowerCase), as: UTF8.self) }
  }

  /// Passes a quoted-string (RFC 9110 §5.6.4), without its quotes and backslashes; `nil` where none comes
  /// next or where it does not end.
  mutating func quotedString() -> String? {
    guard take(ASCII.quote) else { return nil }
    var octets: [UInt8] = []
    while let byte = current {
      position += 1
      switch byte {
      case ASCII.quote:
        return String(decoding: octets, as: UTF8.self)
      case ASCII.backslash:
        guard let escaped = current, escaped.isFieldValueByte else { return nil }
        octets.append(escaped)
        position += 1
      default:
        guard byte.isFieldValueByte else { return nil }
        octets.append(byte)
      }
    }
    return nil
  }

  /// Passes `*( OWS ";" OWS [ parameter ] )`, and gives each to `body` with its name in lower case, until
  /// `body` answers false (RFC 9110 §5.6.6). Answers false if a parameter is malformed.
  mutating func parameters(_ body: (_ name: String, _ value: String) -> Bool) -> Bool {
    while true {
      skipBlanks()
      guard take(ASCII.semicolon) else { return true }
      skipBlanks()
      guard let name = lowerCaseToken() else { continue }
      guard take(ASCII.equals), let value = current == ASCII.quote ? quotedString() : token() else {
        return false
      }
      guard body(name, value) else { return true }
    }
  }

  /// Passes everything up to the next comma that is not quoted, and the comma (RFC 9110 §5.6.1).
  mutating func skipMember() {
    while let byte = current {
      if byte == ASCII.quote {
        // One that does not end takes the rest along: to look for commas in it again would cost the square.
        _ = quotedString()
        continue
      }
      position += 1
      if byte == ASCII.comma { return }
    }
  }
}
