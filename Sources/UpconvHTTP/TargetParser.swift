/// Reads a request-target (RFC 9112 §3.2).
struct TargetParser {
  /// What the target names.
  private(set) var target: RequestTarget
  /// The authority of an absolute-form; it overrides Host (RFC 9112 §3.2.2).
  private(set) var authority: String?

  /// Reads `bytes`, what stands between the two spaces of a request-line.
  ///
  /// - Throws: `.malformedTarget`, `.invalidHost`.
  init(_ bytes: UnsafeRawBufferPointer, method: HTTPMethod) throws(RequestError) {
    if bytes.count == 1, bytes.first == ASCII.asterisk {
      // RFC 9112 §3.2.4: the asterisk is for OPTIONS alone.
      guard method == .options else { throw .malformedTarget("*") }
      target = .server
    } else if bytes.first == ASCII.slash {
      target = .resource(try Self.resource(bytes[...], of: bytes))
    } else if let schemeEnd = Self.schemeLength(bytes) {
      let afterScheme = bytes[schemeEnd...]
      let pathStart =
        afterScheme.firstIndex { $0 == ASCII.slash || $0 == ASCII.questionMark } ?? bytes.endIndex
      let host = afterScheme[..<pathStart]
      guard Authority.isValid(UnsafeRawBufferPointer(rebasing: host)) else { throw .invalidHost(Excerpt.of(host)) }
      authority = String(decoding: host, as: UTF8.self)
      // RFC 9112 §3.2.4: OPTIONS for a URI without path and query is what a proxy would send on as `*`.
      target =
        method == .options && pathStart == bytes.endIndex
        ? .server : .resource(try Self.resource(bytes[pathStart...], of: bytes))
    } else {
      // authority-form is for CONNECT alone (RFC 9112 §3.2.3), which is not served.
      throw .malformedTarget(Excerpt.of(bytes))
    }
  }

  /// The length of `http://` or `https://` (in any case) where `bytes` begin so.
  private static func schemeLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
    for scheme in ["http://", "https://"] {
      let length = scheme.utf8.count
      if bytes.prefix(length).lazy.map(\.inLowerCase).elementsEqual(scheme.utf8) { return length }
    }
    return nil
  }

  /// Splits first and decodes then: an encoded delimiter is data (RFC 3986 §2.4).
  private static func resource(
    _ bytes: Slice<UnsafeRawBufferPointer>, of target: UnsafeRawBufferPointer
  ) throws(RequestError) -> ResourcePath {
    let questionMark = OctetScan.first(
      ASCII.questionMark, in: bytes.base, from: bytes.startIndex, to: bytes.endIndex)
    let queryStart = questionMark < bytes.endIndex ? questionMark : nil
    let path = try Self.path(bytes[..<(queryStart ?? bytes.endIndex)], of: target)
    guard let queryStart else { return path }

    var query: [ResourcePath.QueryItem] = []
    for item in bytes[bytes.index(after: queryStart)...].split(separator: ASCII.ampersand) {
      let equals = item.firstIndex(of: ASCII.equals) ?? item.endIndex
      guard item.allSatisfy(\.isQueryByte),
        let name = PercentEncoding.decode(item[..<equals], plusIsSpace: true),
        let value = PercentEncoding.decode(item[equals...].dropFirst(), plusIsSpace: true)
      else { throw .malformedTarget(Excerpt.of(target)) }
      query.append(ResourcePath.QueryItem(name: name, value: value))
    }
    return path.with(query)
  }

  private static func path(
    _ bytes: Slice<UnsafeRawBufferPointer>, of target: UnsafeRawBufferPointer
  ) throws(RequestError) -> ResourcePath {
    // Most paths are as they are meant.
    if isPlain(bytes) { return ResourcePath(plain: String(decoding: bytes, as: UTF8.self), query: []) }
    var segments: [String] = []
    for raw in bytes.dropFirst().split(separator: ASCII.slash, omittingEmptySubsequences: false) {
      // RFC 3986 §3.3: "#" starts a fragment, which is never sent (RFC 9112 §3.2); nor is anything but pchar.
      guard raw.allSatisfy({ $0.isPathByte || $0 == ASCII.percent }),
        let segment = PercentEncoding.decode(raw, plusIsSpace: false),
        // Never a relative path (RFC 3986 §3.3), spelled `%2e` or not: whoever stands before us may have
        // understood it otherwise.
        segment != ".", segment != ".."
      else { throw .malformedTarget(Excerpt.of(target)) }
      segments.append(segment)
    }
    return ResourcePath(segments: segments)
  }

  /// Whether a path has only pchar that stand for themselves, and no segment that begins with a dot.
  private static func isPlain(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard bytes.first == ASCII.slash else { return false }
    var followsSlash = false
    for byte in UnsafeRawBufferPointer(rebasing: bytes) {
      guard byte.isPathByte || byte == ASCII.slash, !followsSlash || byte != ASCII.dot else { return false }
      followsSlash = byte == ASCII.slash
    }
    return true
  }
}
