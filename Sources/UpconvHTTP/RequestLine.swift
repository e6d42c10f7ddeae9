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
    let words = line.split(separator: ASCII.space, omittingEmptySubsequences: false)
    guard words.count == 3, words.allSatisfy({ !$0.isEmpty }), words[0].allSatisfy(\.isTokenByte) else {
      throw .malformedRequestLine
    }
    version = try Self.version(words[2])
    let methodName = String(decoding: words[0], as: UTF8.self)
    guard let method = HTTPMethod(rawValue: methodName) else { throw .unknownMethod(Excerpt.of(words[0])) }
    // A CONNECT would turn the connection into a tunnel (RFC 9110 §9.3.6): its target is not even looked at.
    guard method != .connect else { throw .connectNotSupported }
    self.method = method
    target = try TargetParser(UnsafeRawBufferPointer(rebasing: words[1]), method: method)
  }

  /// `"HTTP/" DIGIT "." DIGIT`, in this case only (RFC 9112 §2.3).
  private static func version(_ bytes: Slice<UnsafeRawBufferPointer>) throws(RequestError)
    -> RequestHead.Version
  {
    let octets = Array(bytes.prefix(9))
    guard octets.count == 8, octets.starts(with: "HTTP/".utf8), octets[5].isDigit, octets[6] == ASCII.dot,
      octets[7].isDigit
    else { throw .malformedVersion(Excerpt.of(bytes)) }
    guard octets[5] == ASCII.one else { throw .unsupportedVersion(Excerpt.of(bytes)) }
    // RFC 9110 §2.5: a higher minor version is read as the highest that is known.
    return octets[7] == ASCII.zero ? .http10 : .http11
  }
}
