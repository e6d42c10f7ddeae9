/// `field-name ":" OWS field-value OWS` (RFC 9112 §5), by its places within a head.
struct FieldLine {
  private(set) var name: Range<Int>
  /// Without the white space around it.
  private(set) var value: Range<Int>

  /// Reads the line that stands at `line` of `head`, without its CRLF.
  ///
  /// - Throws: `.malformedFieldLine`, `.invalidFieldName`, `.invalidFieldValue`.
  init(_ line: Range<Int>, of head: UnsafeRawBufferPointer) throws(RequestError) {
    var colon = line.lowerBound
    while colon < line.upperBound, head[colon].isTokenByte { colon += 1 }
    guard colon < line.upperBound, head[colon] == ASCII.colon, colon > line.lowerBound else {
      throw FieldLine.fault(head[line])
    }
    name = line.lowerBound..<colon
    var (start, end) = (colon + 1, line.upperBound)
    while start < end, head[start].isBlank { start += 1 }
    while start < end, head[end - 1].isBlank { end -= 1 }
    value = start..<end
    // RFC 9110 §5.5: CR, LF and NUL MUST be refused or replaced; no other CTL but HTAB has a meaning here.
    var control = OctetScan.firstControl(in: head, from: start, to: end)
    while control < end {
      guard head[control] == ASCII.tab else {
        throw .invalidFieldValue(name: Excerpt.of(head[name].lazy.map(\.inLowerCase)))
      }
      control = OctetScan.firstControl(in: head, from: control + 1, to: end)
    }
  }

  /// What is wrong with a line that does not begin with a name and a colon.
  private static func fault(_ line: Slice<UnsafeRawBufferPointer>) -> RequestError {
    guard let colon = line.firstIndex(of: ASCII.colon) else { return .malformedFieldLine }
    // RFC 9112 §5.1: white space before the colon MUST be refused. Like all else that is no token: it is
    // never made one, so that no two spellings name one field (RFC 9110 §5.1).
    return .invalidFieldName(Excerpt.of(line[..<colon]))
  }
}
