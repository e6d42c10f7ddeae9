import Testing

@testable import UpconvHTTP

/// Heads of HTTP/2: pseudo-header fields, Host, cookies, limits. libnghttp2 refuses much of it before; nothing here
/// depends on that.
@Suite struct HeaderSectionTests {
  private static let get = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/b?c=d")]

  private func head(
    _ fields: [(String, String)], endsStream: Bool = true, limits: HTTPLimits = HTTPLimits()
  ) -> Result<RequestHead, RequestError> {
    var section = HeaderSection(limits: limits)
    for (name, value) in fields {
      Array(name.utf8).withUnsafeBytes { name in
        Array(value.utf8).withUnsafeBytes { section.append(name: name, value: $0) }
      }
    }
    return Result { () throws(RequestError) in try section.head(endsStream: endsStream) }
  }

  private func failure(_ fields: [(String, String)], limits: HTTPLimits = HTTPLimits()) -> RequestError? {
    if case .failure(let error) = head(fields, limits: limits) { error } else { nil }
  }

  @Test func `A whole head`() throws {
    let head = try head(Self.get + [("accept", "*/*"), ("cookie", "a=1"), ("cookie", "b=2")]).get()
    #expect(head.method == .get)
    #expect(head.version == .http2)
    #expect(head.target == .resource(ResourcePath(segments: ["b"], query: [.init(name: "c", value: "d")])))
    #expect(head.fields.first("host") == "a")
    #expect(head.fields.values(of: "cookie") == ["a=1; b=2"])
    #expect(head.framing == .none)
    #expect(head.keepsAlive)
  }

  @Test func `Content is announced by its length, by an open stream, or not at all`() throws {
    let post = [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/")]
    #expect(try head(post, endsStream: false).get().framing == .chunked)
    #expect(try head(post, endsStream: true).get().framing == .none)
    #expect(try head(post + [("content-length", "7")], endsStream: false).get().framing == .contentLength(7))
    let expects = try head(post + [("expect", "100-continue")], endsStream: false).get()
    #expect(expects.expectsContinue)
    #expect(failure(post + [("expect", "x")]) == .unknownExpectation("x"))
    #expect(failure(post + [("content-length", "+7")]) == .invalidContentLength("+7"))
    #expect(failure(post + [("content-length", "7"), ("content-length", "7")]) == .duplicateContentLength)
    #expect(
      failure(post + [("content-length", "268435457")]) == .contentTooLarge(maxBytes: 256 << 20))
  }

  @Test func `Pseudo-header fields are known, single, and first`() {
    for left in 0..<4 where left != 2 {
      var fields = Self.get
      let name = fields.remove(at: left).0
      #expect(failure(fields) == .malformedPseudoField(name))
    }
    for again in Self.get { #expect(failure(Self.get + [again]) == .malformedPseudoField(again.0)) }
    #expect(failure([("accept", "*/*")] + Self.get) == .malformedPseudoField(":method"))
    #expect(failure(Self.get + [(":status", "200")]) == .malformedPseudoField(":status"))
    #expect(failure([(":method", "BREW")] + Self.get.dropFirst()) == .unknownMethod("BREW"))
    #expect(failure([(":method", "CONNECT")] + Self.get.dropFirst()) == .connectNotSupported)
    // As RFC 9113 §8.5 has it.
    #expect(failure([(":method", "CONNECT"), (":authority", "a:443")]) == .connectNotSupported)
  }

  @Test func `A path is a path, as in HTTP-1`() {
    for path in ["", "b", "http://a/b", "*", "/\r\nx: y", "/\0", "/b c", "/../b", "/%2e", "/%zz", "/é", "/#b"] {
      let failure = failure(Self.get.dropLast() + [(":path", path)])
      guard case .malformedTarget? = failure else {
        Issue.record("\(path) gives \(String(describing: failure))")
        continue
      }
    }
    let options = [(":method", "OPTIONS")] + Self.get.dropFirst().dropLast() + [(":path", "*")]
    #expect((try? head(options).get().target) == .server)
  }

  @Test func `Host and :authority must agree`() {
    let noAuthority = Self.get.filter { $0.0 != ":authority" }
    #expect(failure(noAuthority) == .missingHost)
    #expect((try? head(noAuthority + [("host", "b:80")]).get().fields.first("host")) == "b:80")
    #expect((try? head(Self.get + [("host", "a")]).get().fields.count(of: "host")) == 1)
    #expect(failure(Self.get + [("host", "b")]) == .conflictingHost(host: "b", authority: "a"))
    #expect(failure(noAuthority + [("host", "b"), ("host", "b")]) == .duplicateHost)
    #expect(failure(noAuthority + [("host", "a@b")]) == .invalidHost("a@b"))
    #expect(failure(noAuthority + [("host", "a")].map { ($0.0, $0.1 + ",b") }) == .invalidHost("a,b"))
    let user = Self.get.map { $0.0 == ":authority" ? ($0.0, "u@a") : $0 }
    #expect(failure(user) == .invalidHost("u@a"))
  }

  @Test func `Host and :authority agree if they differ only in case, or in a default port`() {
    func agree(_ authority: String, _ host: String, scheme: String = "http") -> Bool {
      let fields = [(":method", "GET"), (":scheme", scheme), (":authority", authority), (":path", "/"), ("host", host)]
      return failure(fields) == nil
    }
    #expect(agree("Example.COM", "example.com"))
    #expect(agree("[2001:DB8::1]", "[2001:db8::1]:80"))
    #expect(agree("a:80", "a") && agree("a:", "a") && agree("a:443", "A", scheme: "https"))
    #expect(!agree("a:443", "a") && !agree("a:80", "a", scheme: "https") && !agree("a:80", "a", scheme: "ftp"))
    #expect(!agree("a:8080", "a:80") && !agree("a", "b") && !agree("[::80]", "[:"))
  }

  @Test func `What belongs to a connection of HTTP-1 is refused`() {
    for name in ["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"] {
      #expect(failure(Self.get + [(name, "x")]) == .connectionField(name))
    }
    #expect(failure(Self.get + [("te", "gzip")]) == .connectionField("te"))
    #expect(failure(Self.get + [("te", "trailers")]) == nil)
  }

  @Test func `Names are tokens in lower case, and values have no control characters`() {
    for name in ["", "X", "a b", "a:", "é", "a\r\n"] {
      guard case .invalidFieldName? = failure(Self.get + [(name, "1")]) else {
        Issue.record("\(name) is taken")
        continue
      }
    }
    for value in ["a\r\nb: c", "a\0", "a\nb", "\u{7F}", " a", "a\t"] {
      #expect(failure(Self.get + [("x", value)]) == .invalidFieldValue(name: "x"), "\(value)")
    }
    #expect(failure(Self.get + [("content-type", "a/b"), ("content-type", "a/b")]) == .duplicateField("content-type"))
  }

  @Test func `Fields are counted one by one, crumbs of cookies too, with 32 octets each`() {
    var limits = HTTPLimits()
    limits.maxFieldCount = 3
    #expect(failure(Self.get + (0..<3).map { ("x-\($0)", "1") }, limits: limits) == nil)
    #expect(failure(Self.get + (0..<4).map { ("x-\($0)", "1") }, limits: limits) == .tooManyFields(maxCount: 3))
    #expect(failure(Self.get + (0..<4).map { _ in ("cookie", "a=1") }, limits: limits) == .tooManyFields(maxCount: 3))
    limits.maxHeadBytes = Self.get.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 } + 40
    #expect(failure(Self.get + [("abc", "defgh")], limits: limits) == nil)
    #expect(failure(Self.get + [("abc", "defghi")], limits: limits) == .headTooLarge(maxBytes: limits.maxHeadBytes))
    limits.maxRequestLineBytes = 15
    #expect(failure(Self.get, limits: limits) == .targetTooLong(maxBytes: 15))
  }
}
