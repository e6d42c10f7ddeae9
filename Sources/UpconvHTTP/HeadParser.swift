/// Reads a whole head, of which `HeadScanner` has found the end.
enum HeadParser {
  /// Reads `head`, from the start-line to the empty line.
  ///
  /// - Throws: all that `RequestLine` and `RequestHead.Framing` throw, and the cases for fields and Host.
  static func parse(_ head: UnsafeRawBufferPointer, limits: HTTPLimits) throws(RequestError) -> RequestHead {
    var lines = HeadLines(head)
    guard let startLine = lines.next() else { throw .malformedRequestLine }
    let requestLine = try RequestLine(startLine)
    let version = requestLine.version
    let fields = try readFields(&lines, authority: requestLine.target.authority)

    try checkHost(fields, version: version)
    // RFC 9110 §8.3: two media types for one content invite two readings of it.
    guard fields.count(of: "content-type") <= 1 else { throw .duplicateField("content-type") }
    let framing = try RequestHead.Framing(fields, version: version, limits: limits)
    let expectsContinue = try expectsContinue(fields, version: version, framing: framing)

    // RFC 9112 §9.3: `close` wins over everything, and HTTP/1.0 persists only where it is asked for.
    let connection = TokenList(fields.values(of: "connection"))
    let keepsAlive =
      !connection.contains("close") && (version == .http11 || connection.contains("keep-alive"))

    return RequestHead(
      method: requestLine.method, target: requestLine.target.target, version: version,
      fields: withAuthority(requestLine.target.authority, fields), framing: framing, keepsAlive: keepsAlive,
      expectsContinue: expectsContinue)
  }

  /// Every field line of a head. Host takes the value of `authority`, once its own has been checked.
  private static func readFields(
    _ lines: inout HeadLines, authority: String?
  ) throws(RequestError) -> HTTPFields {
    var fields = HTTPFields()
    while let line = lines.next() {
      guard let first = line.first else { break }
      if first.isBlank {
        // RFC 9112 §2.2: white space before the first field; §5.2: line folding.
        throw fields.fields.isEmpty ? .malformedFieldLine : .obsoleteLineFolding
      }
      let field = try FieldLine(line)
      if field.name == "host" {
        guard fields.count(of: "host") == 0 else { throw .duplicateHost }
        guard Authority.isValid(field.value.utf8) else { throw .invalidHost(Excerpt.of(field.value.utf8)) }
      }
      // RFC 9112 §3.2.2: the authority of an absolute-form target is used, and what Host says is ignored.
      fields.append(field.name, field.name == "host" ? authority ?? field.value : field.value)
    }
    return fields
  }

  /// RFC 9112 §3.2: a request of HTTP/1.1 has a Host, whatever its target says.
  private static func checkHost(_ fields: HTTPFields, version: RequestHead.Version) throws(RequestError) {
    guard version == .http10 || fields.count(of: "host") == 1 else { throw .missingHost }
  }

  /// `fields` with a Host for a request of HTTP/1.0 that names its authority in the target only.
  private static func withAuthority(_ authority: String?, _ fields: HTTPFields) -> HTTPFields {
    guard let authority, fields.count(of: "host") == 0 else { return fields }
    var completed = fields
    completed.append("host", authority)
    return completed
  }

  /// RFC 9110 §10.1.1: an expectation from HTTP/1.0 is ignored, one that is unknown is answered 417, and one
  /// without content to wait for is none.
  static func expectsContinue(
    _ fields: HTTPFields, version: RequestHead.Version, framing: RequestHead.Framing
  ) throws(RequestError) -> Bool {
    let values = fields.values(of: "expect")
    guard version != .http10, !values.isEmpty else { return false }
    let expectations = TokenList(values)
    guard !expectations.hasMalformedMember, !expectations.hasEmptyMember,
      expectations.tokens.allSatisfy({ $0 == "100-continue" })
    else { throw .unknownExpectation(Excerpt.of(values.joined(separator: ", ").utf8)) }
    return framing != .none && framing != .contentLength(0)
  }
}

/// The lines of a head, without their CRLF.
private struct HeadLines {
  private var rest: Slice<UnsafeRawBufferPointer>

  init(_ head: UnsafeRawBufferPointer) { rest = head[...] }

  mutating func next() -> UnsafeRawBufferPointer? {
    guard let lineFeed = rest.firstIndex(of: ASCII.lineFeed) else { return nil }
    let line = rest[..<lineFeed]
    rest = rest[rest.index(after: lineFeed)...]
    return UnsafeRawBufferPointer(rebasing: line.last == ASCII.carriageReturn ? line.dropLast() : line)
  }
}
