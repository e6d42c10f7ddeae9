/// Reads a whole head, of which `HeadScanner` has found the end.
struct HeadParser {
  private let head: UnsafeRawBufferPointer
  private var fields: HTTPFields
  /// Where the next line begins.
  private var position: Int
  // What was seen of the fields that decide how a request is read.
  private var hostIndex: Int?
  private var contentTypes = 0
  private var hasFraming = false
  private var hasExpectation = false
  private var closes = false
  private var asksToBeKept = false

  /// Reads `head`, from the start-line to the empty line.
  ///
  /// - Parameter lineCount: of the start-line and the fields.
  /// - Throws: all that `RequestLine` and `RequestHead.Framing` throw, and the cases for fields and Host.
  static func parse(
    _ head: UnsafeRawBufferPointer, lineCount: Int, limits: HTTPLimits
  ) throws(RequestError) -> RequestHead {
    let lineFeed = OctetScan.first(ASCII.lineFeed, in: head, from: 0, to: head.count)
    guard lineFeed < head.count else { throw .malformedRequestLine }
    let requestLine = try RequestLine(
      UnsafeRawBufferPointer(rebasing: head[..<lineFeed.withoutCarriageReturn(of: head)]))
    var parser = HeadParser(head, from: lineFeed + 1, lineCount: lineCount)
    try parser.readFields()
    return try parser.requestHead(requestLine, limits: limits)
  }

  private init(_ head: UnsafeRawBufferPointer, from position: Int, lineCount: Int) {
    self.head = head
    self.position = position
    fields = HTTPFields(section: head, lineCount: lineCount)
  }

  /// Every field line of the head.
  private mutating func readFields() throws(RequestError) {
    while position < head.count {
      let start = position
      let lineFeed = OctetScan.first(ASCII.lineFeed, in: head, from: start, to: head.count)
      position = lineFeed + 1
      let end = lineFeed.withoutCarriageReturn(of: head)
      guard lineFeed < head.count, start < end else { return }
      if head[start].isBlank {
        // RFC 9112 §2.2: white space before the first field; §5.2: line folding.
        throw fields.count == 0 ? .malformedFieldLine : .obsoleteLineFolding
      }
      let line = try FieldLine(start..<end, of: head)
      if let field = FramingField(head[line.name]) { try note(field, head[line.value]) }
      fields.appendFromSection(name: line.name, value: line.value)
    }
  }

  private mutating func note(
    _ field: FramingField, _ value: Slice<UnsafeRawBufferPointer>
  ) throws(RequestError) {
    switch field {
    case .host:
      guard hostIndex == nil else { throw .duplicateHost }
      guard Authority.isValid(UnsafeRawBufferPointer(rebasing: value)) else { throw .invalidHost(Excerpt.of(value)) }
      hostIndex = fields.count
    case .contentType: contentTypes += 1
    case .contentLength, .transferEncoding: hasFraming = true
    case .expect: hasExpectation = true
    case .connection:
      for option in value.split(separator: ASCII.comma) {
        let option = option.trimmingBlanks()
        closes = closes || option.equalsIgnoringCase("close")
        asksToBeKept = asksToBeKept || option.equalsIgnoringCase("keep-alive")
      }
    }
  }

  private mutating func requestHead(
    _ requestLine: RequestLine, limits: HTTPLimits
  ) throws(RequestError) -> RequestHead {
    let version = requestLine.version
    // RFC 9112 §3.2: a request of HTTP/1.1 has a Host, whatever its target says.
    guard version == .http10 || hostIndex != nil else { throw .missingHost }
    // RFC 9110 §8.3: two media types for one content invite two readings of it.
    guard contentTypes <= 1 else { throw .duplicateField("content-type") }
    // RFC 9112 §6.3: a request without either field has no content.
    let framing = hasFraming ? try RequestHead.Framing(fields, version: version, limits: limits) : .none
    let expectsContinue =
      hasExpectation
      ? try HeadParser.expectsContinue(fields, version: version, framing: framing) : false
    if let authority = requestLine.target.authority {
      // RFC 9112 §3.2.2: the authority of an absolute-form target is used, and what Host says is ignored.
      if let hostIndex {
        fields.replaceValue(at: hostIndex, with: authority)
      } else {
        fields.append("host", authority)
      }
    }
    return RequestHead(
      method: requestLine.method, target: requestLine.target.target, version: version, fields: fields,
      framing: framing,
      // RFC 9112 §9.3: `close` wins over everything, and HTTP/1.0 persists only if it is asked for.
      keepsAlive: !closes && (version == .http11 || asksToBeKept), expectsContinue: expectsContinue)
  }

  /// RFC 9110 §10.1.1: an expectation from HTTP/1.0 is ignored, one that is unknown is answered 417, and one
  /// without content to wait for is none.
  static func expectsContinue(
    _ fields: HTTPFields, version: RequestHead.Version, framing: RequestHead.Framing
  ) throws(RequestError) -> Bool {
    guard version != .http10 else { return false }
    let values = fields.values(of: "expect")
    guard !values.isEmpty else { return false }
    let expectations = TokenList(values)
    guard !expectations.hasMalformedMember,
      expectations.tokens.allSatisfy({ $0 == "100-continue" })
    else { throw .unknownExpectation(Excerpt.of(values.joined(separator: ", ").utf8)) }
    return !expectations.tokens.isEmpty && framing != .none && framing != .contentLength(0)
  }
}

extension Int {
  /// The end of the line whose LF stands here, without its CR.
  fileprivate func withoutCarriageReturn(of head: UnsafeRawBufferPointer) -> Int {
    self > 0 && head[self - 1] == ASCII.carriageReturn ? self - 1 : self
  }
}
