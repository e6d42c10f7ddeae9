/// `field-name ":" OWS field-value OWS` (RFC 9112 §5).
struct FieldLine {
  /// In lower case.
  private(set) var name: String
  /// Without the white space around it. Octets outside ASCII are read as UTF-8; where they are not that, as
  /// U+FFFD (RFC 9110 §5.5: obs-text is opaque).
  private(set) var value: String

  /// Reads `line`, without its CRLF.
  ///
  /// - Throws: `.malformedFieldLine`, `.invalidFieldName`, `.invalidFieldValue`.
  init(_ line: UnsafeRawBufferPointer) throws(RequestError) {
    guard let colon = line.firstIndex(of: ASCII.colon) else { throw .malformedFieldLine }
    let rawName = line[..<colon]
    // RFC 9112 §5.1: white space before the colon MUST be refused. Like all else that is no token: it is
    // never made one, so that no two spellings name one field (RFC 9110 §5.1).
    guard !rawName.isEmpty, rawName.allSatisfy(\.isTokenByte) else {
      throw .invalidFieldName(Excerpt.of(rawName))
    }
    let name = String(decoding: rawName.map(\.inLowerCase), as: UTF8.self)

    let rawValue = line[line.index(after: colon)...].trimmingBlanks()
    // RFC 9110 §5.5: CR, LF and NUL MUST be refused or replaced; no other CTL has a meaning here.
    guard rawValue.allSatisfy(\.isFieldValueByte) else {
      throw .invalidFieldValue(name: Excerpt.of(name.utf8))
    }
    self.name = name
    value = String(decoding: rawValue, as: UTF8.self)
  }
}
