/// `method SP request-target SP HTTP-version` (RFC 9112 §3).
struct RequestLine {
  private(set) var method: HTTPMethod
  private(set) var target: TargetParser
  private(set) var version: RequestHead.Version

  /// Reads `line`, without its CRLF.
  ///
  /// - Throws: `.malformedRequestLine`, `.malformedVersion`, `.unsupportedVersion`, `.unknownMethod`,
  ///   `.connectNotSupported`, `.malformedTarget`, `.invalidHost`.
  init(_ line: UnsafeRawBufferPointer) throws(RequestError) {
    // RFC 9112 §3: single spaces. Other white space between the words MAY be read; it is not.
    let methodEnd = OctetScan.first(ASCII.space, in: line, from: 0, to: line.count)
    let targetStart = min(methodEnd + 1, line.count)
    let targetEnd = OctetScan.first(ASCII.space, in: line, from: targetStart, to: line.count)
    let versionStart = min(targetEnd + 1, line.count)
    let (methodWord, versionWord) = (line[..<methodEnd], line[versionStart...])
    guard !methodWord.isEmpty, targetStart < targetEnd, !versionWord.isEmpty,
      OctetScan.first(ASCII.space, in: line, from: versionStart, to: line.count) == line.count,
      methodWord.allSatisfy(\.isTokenByte)
    else { throw .malformedRequestLine }
    version = try Self.version(versionWord)
    guard let method = Self.method(methodWord) else { throw .unknownMethod(Excerpt.of(methodWord)) }
    // A CONNECT would turn the connection into a tunnel (RFC 9110 §9.3.6): its target is not even looked at.
    guard method != .connect else { throw .connectNotSupported }
    self.method = method
    target = try TargetParser(UnsafeRawBufferPointer(rebasing: line[targetStart..<targetEnd]), method: method)
  }

  private static func method(_ word: Slice<UnsafeRawBufferPointer>) -> HTTPMethod? {
    if word.isExactly("GET") { return .get }
    if word.isExactly("POST") { return .post }
    return HTTPMethod(rawValue: String(decoding: word, as: UTF8.self))
  }

  /// `"HTTP/" DIGIT "." DIGIT`, in this case only (RFC 9112 §2.3).
  private static func version(_ bytes: Slice<UnsafeRawBufferPointer>) throws(RequestError)
    -> RequestHead.Version
  {
    if bytes.isExactly("HTTP/1.1") { return .http11 }
    let start = bytes.startIndex
    guard bytes.count == 8, bytes.prefix(5).elementsEqual("HTTP/".utf8), bytes[start + 5].isDigit,
      bytes[start + 6] == ASCII.dot, bytes[start + 7].isDigit
    else { throw .malformedVersion(Excerpt.of(bytes)) }
    guard bytes[start + 5] == ASCII.one else { throw .unsupportedVersion(Excerpt.of(bytes)) }
    // RFC 9110 §2.5: a higher minor version is read as the highest that is known.
    return bytes[start + 7] == ASCII.zero ? .http10 : .http11
  }
}
