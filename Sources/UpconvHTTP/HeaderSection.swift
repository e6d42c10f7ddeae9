/// The header section of one HTTP/2 request while it is decoded, and the head that it makes (RFC 9113 §8.2, §8.3).
///
/// Bounded like a head of HTTP/1.1: once a limit is passed nothing more is kept, and only counted.
package struct HeaderSection {
  /// Octets of names and values so far, and 32 for each field (RFC 9113 §6.5.2).
  package private(set) var bytes = 0
  /// Whether the method is HEAD, also if the section is refused.
  package private(set) var isHEAD = false
  private var count = 0
  private var method: [UInt8]?
  private var scheme: [UInt8]?
  private var authority: [UInt8]?
  private var path: [UInt8]?
  private var cookies: [String] = []
  private var fields = HTTPFields()
  /// Why it is refused, from the first fault on.
  private var fault: RequestError?
  private let limits: HTTPLimits

  /// What a field costs besides its octets, by RFC 9113 §6.5.2.
  private static let overheadPerField = 32

  /// An empty section.
  package init(limits: HTTPLimits) { self.limits = limits }

  /// Takes one field, pseudo-header fields included. Each line of Cookie counts for itself.
  package mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    bytes += name.count + value.count + HeaderSection.overheadPerField
    if name[...].isExactly(":method"), value[...].isExactly("HEAD") { isHEAD = true }
    guard fault == nil else { return }
    do throws(RequestError) {
      guard bytes <= limits.maxHeadBytes else { throw .headTooLarge(maxBytes: limits.maxHeadBytes) }
      if name.first == ASCII.colon {
        try appendPseudoField(name, Array(value))
      } else {
        try appendField(name, value)
      }
    } catch {
      // What was kept so far is of no use to anybody.
      self = HeaderSection(limits: limits, bytes: bytes, isHEAD: isHEAD, fault: error)
    }
  }

  private init(limits: HTTPLimits, bytes: Int, isHEAD: Bool, fault: RequestError) {
    self.limits = limits
    self.bytes = bytes
    self.isHEAD = isHEAD
    self.fault = fault
  }

  private mutating func appendPseudoField(_ name: UnsafeRawBufferPointer, _ value: [UInt8]) throws(RequestError) {
    // RFC 9113 §8.3: before all others, each at most once, none that is unknown.
    guard count == 0 else { throw .malformedPseudoField(Excerpt.of(name)) }
    func set(_ place: inout [UInt8]?) throws(RequestError) {
      guard place == nil else { throw .malformedPseudoField(Excerpt.of(name)) }
      place = value
    }
    switch String(decoding: name, as: UTF8.self) {
    case ":method": try set(&method)
    case ":scheme": try set(&scheme)
    case ":authority": try set(&authority)
    case ":path": try set(&path)
    default: throw .malformedPseudoField(Excerpt.of(name))
    }
  }

  private mutating func appendField(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) throws(RequestError) {
    count += 1
    guard count <= limits.maxFieldCount else { throw .tooManyFields(maxCount: limits.maxFieldCount) }
    // RFC 9113 §8.2.1: lower case, and no white space at the ends of a value.
    guard !name.isEmpty, name.allSatisfy({ $0.isTokenByte && $0.inLowerCase == $0 }) else {
      throw .invalidFieldName(Excerpt.of(name))
    }
    guard value.allSatisfy(\.isFieldValueByte), value.first?.isBlank != true, value.last?.isBlank != true else {
      throw .invalidFieldValue(name: Excerpt.of(name))
    }
    let (name, value) = (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    switch name {
    // RFC 9113 §8.2.2: what HTTP/1.1 says about its connection has no place here.
    case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
      throw .connectionField(name)
    case "te" where value != "trailers":
      throw .connectionField(name)
    // RFC 9113 §8.2.3: crumbs are joined before anybody reads them.
    case "cookie":
      cookies.append(value)
    default:
      fields.append(name, value)
    }
  }

  /// The head, checked as one of HTTP/1.1 is.
  /// - Parameter endsStream: no content follows.
  /// - Throws: what `RequestError` has for fields, Host, targets and lengths.
  package func head(endsStream: Bool) throws(RequestError) -> RequestHead {
    if let fault { throw fault }
    guard let method else { throw .malformedPseudoField(":method") }
    // RFC 9113 §8.5: a CONNECT has neither `:scheme` nor `:path`.
    guard !method.elementsEqual("CONNECT".utf8) else { throw .connectNotSupported }
    guard let path, let scheme else { throw .malformedPseudoField(path == nil ? ":path" : ":scheme") }
    let line = method.count + path.count + " ".utf8.count + " HTTP/2".utf8.count
    guard line <= limits.maxRequestLineBytes else { throw .targetTooLong(maxBytes: limits.maxRequestLineBytes) }
    guard let known = HTTPMethod(rawValue: String(decoding: method, as: UTF8.self)) else {
      throw .unknownMethod(Excerpt.of(method))
    }
    // RFC 9113 §8.3.1: a path or the asterisk, never an absolute URI.
    guard path.first == ASCII.slash || path == [ASCII.asterisk] else { throw .malformedTarget(Excerpt.of(path)) }
    let target = path.withUnsafeBytes { bytes in
      Result { () throws(RequestError) in try TargetParser(bytes, method: known).target }
    }
    var fields = fields
    if !cookies.isEmpty { fields.append("cookie", cookies.joined(separator: "; ")) }
    try settleHost(&fields, scheme: scheme)
    guard fields.count(of: "content-type") <= 1 else { throw .duplicateField("content-type") }
    var framing = try RequestHead.Framing(fields, version: .http2, limits: limits)
    if framing == .none, !endsStream { framing = .chunked }
    let expectsContinue = try HeadParser.expectsContinue(fields, version: .http2, framing: framing)
    return RequestHead(
      method: known, target: try target.get(), version: .http2, fields: fields, framing: framing, keepsAlive: true,
      expectsContinue: expectsContinue)
  }

  /// RFC 9113 §8.3.1: `:authority` is what Host is, and both together must agree once they are normalized.
  private func settleHost(_ fields: inout HTTPFields, scheme: [UInt8]) throws(RequestError) {
    guard fields.count(of: "host") <= 1 else { throw .duplicateHost }
    let host = fields.first("host")
    if let host, !Authority.isValid(Array(host.utf8)) { throw .invalidHost(Excerpt.of(host.utf8)) }
    if let authority {
      guard Authority.isValid(authority) else { throw .invalidHost(Excerpt.of(authority)) }
      if let host {
        guard
          Authority.normalized(Array(host.utf8), scheme: scheme) == Authority.normalized(authority, scheme: scheme)
        else {
          throw .conflictingHost(host: Excerpt.of(host.utf8), authority: Excerpt.of(authority))
        }
      } else {
        fields.append("host", String(decoding: authority, as: UTF8.self))
      }
    } else if host == nil {
      throw .missingHost
    }
  }
}
