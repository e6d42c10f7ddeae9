import Testing
import UpconvHTTP

/// One test for each case of `RequestError`, with the bytes that lead to just this case.
@Suite struct RequestErrorTests {
  /// The failure, which is the same whether the bytes come at once, one by one, or (where they are many) in
  /// pieces of 997.
  private func failure(_ text: String, limits: HTTPLimits = HTTPLimits()) -> RequestError? {
    let bytes = Array(text.utf8)
    let failure = RequestTranscript([bytes], limits: limits).failure
    let size = bytes.count < 1000 ? 1 : 997
    let pieces = stride(from: 0, to: bytes.count, by: size).map {
      Array(bytes[$0..<min($0 + size, bytes.count)])
    }
    #expect(RequestTranscript(pieces, limits: limits).failure == failure)
    return failure
  }

  /// The failure of a GET with these field lines after Host.
  private func failure(fields: String) -> RequestError? {
    failure("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n")
  }

  /// The failure of these chunks.
  private func failure(chunks: String, limits: HTTPLimits = HTTPLimits()) -> RequestError? {
    failure("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, limits: limits)
  }

  @Test(arguments: [
    "GET  / HTTP/1.1\r\n\r\n", "GET /  HTTP/1.1\r\n\r\n", " GET / HTTP/1.1", "GET\t/ HTTP/1.1",
    "GET / HTTP/1.1 \r\n\r\n",
    "GET / a HTTP/1.1\r\n\r\n", "GET HTTP/1.1\r\n\r\n", "GET /\r\n\r\n", "GET\r\n", "G(T / HTTP/1.1",
    "\u{16}\u{3}\u{1}",
    "\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", "é / HTTP/1.1",
  ])
  func `malformedRequestLine`(text: String) { #expect(failure(text) == .malformedRequestLine) }

  @Test func `unknownMethod`() {
    #expect(failure("BREW / HTTP/1.1\r\nHost: a\r\n\r\n") == .unknownMethod("BREW"))
    #expect(failure("get / HTTP/1.1\r\nHost: a\r\n\r\n") == .unknownMethod("get"))
    let endless = String(repeating: "A", count: 33)
    #expect(failure(endless) == .unknownMethod(String(repeating: "A", count: 32)))
  }

  @Test(arguments: [
    "*", "v2", "/a#b", "/é", "/a\tb", "/a\u{0}", "/a\u{7f}", "/%", "/%4", "/%4g", "/%00", "/%c0%af", "/%ff",
    "/.", "/..",
    "/a/../b", "/%2e", "/%2E.", "/a\\b", "/?a=%", "/?%zz", "/?a#", "/?é",
    "/?a\u{7f}", "/{a}", "/|", "ftp://a/", "http:/a", "a:80",
    "http://a/é",
    "//a/..", "/<",
  ])
  func `malformedTarget`(target: String) {
    #expect(failure("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") == .malformedTarget(printable(target)))
  }

  /// How an error repeats what it was sent.
  private func printable(_ text: String) -> String {
    text.utf8.map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return 0x20...0x7E ~= byte ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + digits
    }.joined()
  }

  @Test func `targetTooLong`() {
    // 8192 bytes of request-line are read; one more is not, and is not waited for.
    let longest = "GET /" + String(repeating: "a", count: 8192 - 14) + " HTTP/1.1"
    #expect(failure(longest + "\r\nHost: a\r\n\r\n") == nil)
    #expect(failure("GET /" + String(repeating: "a", count: 8192 - 4)) == .targetTooLong(maxBytes: 8192))
    #expect(failure("GET /a" + longest.dropFirst(5) + "\r\n") == .targetTooLong(maxBytes: 8192))
  }

  @Test(arguments: [
    "http/1.1", "HTTP/1", "HTTP/01.1", "HTTP/1.10", "HTTP/1,1", "HTTP/1.1\t", "HTTP/x.1", "1.1",
  ])
  func `malformedVersion`(version: String) {
    #expect(failure("GET / \(version)\r\nHost: a\r\n\r\n") == .malformedVersion(printable(version)))
  }

  @Test func `unsupportedVersion`() {
    #expect(failure("GET / HTTP/0.9\r\n\r\n") == .unsupportedVersion("HTTP/0.9"))
    #expect(failure("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == .unsupportedVersion("HTTP/2.0"))
  }

  @Test func `connectNotSupported`() {
    #expect(failure("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n") == .connectNotSupported)
  }

  @Test(arguments: [
    "\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nHost: a\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2\r\n\r\n",
  ])
  func `bareLineFeed`(text: String) { #expect(failure(text) == .bareLineFeed) }

  @Test(arguments: [
    "\rG", "\r\r", "GET / HTTP/1.1\rHost", "GET / HTTP/1.1\r\r", "GET / HTTP/1.1\r\nX: a\rb",
    "GET / HTTP/1.1\r\n\rX",
  ])
  func `bareCarriageReturn`(text: String) { #expect(failure(text) == .bareCarriageReturn) }

  @Test func `malformedFieldLine`() {
    #expect(failure(fields: "no colon") == .malformedFieldLine)
    #expect(failure("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == .malformedFieldLine)
    #expect(failure("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n") == .malformedFieldLine)
  }

  @Test(arguments: ["", "A ", "A\t", "A b", "[A]", "Ä", "A\u{0}", "A\"", "(A)"])
  func `invalidFieldName`(name: String) {
    #expect(failure(fields: name + ": x") == .invalidFieldName(printable(name)))
  }

  @Test(arguments: ["\u{0}", "a\u{1}b", "a\u{0b}", "\u{0c}a", "\u{7f}", "\u{1b}[31m"])
  func `invalidFieldValue`(value: String) {
    #expect(failure(fields: "X-A: " + value) == .invalidFieldValue(name: "x-a"))
  }

  @Test func `obsoleteLineFolding`() {
    #expect(failure(fields: "X: a\r\n b") == .obsoleteLineFolding)
    #expect(failure(fields: "X: a\r\n\tb") == .obsoleteLineFolding)
    #expect(failure(fields: "X: a\r\n ") == .obsoleteLineFolding)
  }

  @Test func `headTooLarge`() {
    let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
    let fitting = String(repeating: "a", count: (64 << 10) - start.utf8.count - 4)
    #expect(failure(start + fitting + "\r\n\r\n") == nil)
    #expect(failure(start + fitting + "a\r\n\r\n") == .headTooLarge(maxBytes: 64 << 10))
    // Without waiting for its end.
    #expect(failure(start + fitting + "aaaa") == .headTooLarge(maxBytes: 64 << 10))
  }

  @Test func `tooManyFields`() {
    let start = "GET / HTTP/1.1\r\nHost: a\r\n"
    #expect(failure(start + String(repeating: "X:\r\n", count: 99) + "\r\n") == nil)
    #expect(failure(start + String(repeating: "X:\r\n", count: 100)) == .tooManyFields(maxCount: 100))
  }

  @Test func `missingHost`() {
    #expect(failure("GET / HTTP/1.1\r\n\r\n") == .missingHost)
    #expect(failure("GET http://a/ HTTP/1.1\r\n\r\n") == .missingHost)
    #expect(failure("GET / HTTP/1.0\r\n\r\n") == nil)
  }

  @Test func `duplicateHost`() {
    #expect(failure(fields: "Host: a") == .duplicateHost)
    #expect(failure("GET / HTTP/1.0\r\nHost: a\r\nHOST: b\r\n\r\n") == .duplicateHost)
  }

  @Test(arguments: [
    "", "a,b", "a, b", "u@a", "a/b", "a:b", "a:-1", "a:65536", "a:1:2", "::1", "[::1", "[]", "[a]", "[::1]x",
    "[fe80::1%25eth0]",
    "[v1.a]", "a b", "a?b", "a#b", "é", "%4", "%zz", "a\\b", ":80", "a%",
  ])
  func `invalidHost`(host: String) {
    #expect(failure("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .invalidHost(printable(host)))
    guard !host.contains(where: { " /?#".contains($0) }) else { return }
    #expect(failure("GET http://\(host)/ HTTP/1.1\r\nHost: a\r\n\r\n") == .invalidHost(printable(host)))
  }

  @Test func `invalidContentLength`() {
    #expect(
      failure(fields: "Content-Length: 9223372036854775808") == .invalidContentLength("9223372036854775808"))
    #expect(failure(fields: "Content-Length:") == .invalidContentLength(""))
  }

  @Test func `duplicateContentLength`() {
    #expect(failure(fields: "Content-Length: 5\r\ncontent-length: 5") == .duplicateContentLength)
  }

  @Test func `contentTooLarge`() {
    let error = RequestError.contentTooLarge(maxBytes: 268_435_456)
    #expect(failure(fields: "Content-Length: 268435457") == error)
    #expect(failure(fields: "Content-Length: 268435456") == nil)
    #expect(failure(fields: "Content-Length: 9223372036854775807") == error)
    #expect(failure(chunks: "10000000\r\n") == nil)
    #expect(failure(chunks: "10000001\r\n") == error)
    #expect(failure(chunks: "1\r\na\r\n10000000\r\n") == error)
    #expect(failure(chunks: "FFFFFFFFFFFFFFFF\r\n") == error)
    #expect(failure(chunks: "7FFFFFFFFFFFFFFF;x\r\n") == error)
  }

  @Test func `bothLengthAndTransferEncoding`() {
    #expect(
      failure(fields: "Content-Length: 5\r\nTransfer-Encoding: chunked") == .bothLengthAndTransferEncoding)
    #expect(failure(fields: "Transfer-Encoding: x\r\nContent-Length: x") == .bothLengthAndTransferEncoding)
  }

  @Test(arguments: ["gzip, chunked", "identity", "xchunked", "chunkedx", "gzip", "chunk"])
  func `unsupportedTransferEncoding`(value: String) {
    #expect(failure(fields: "Transfer-Encoding: " + value) == .unsupportedTransferEncoding(value))
  }

  @Test(arguments: [
    "", ",", ", ,", "chunked;p=v", "chunked, chunked", "chunked, gzip", "chunked,,gzip", "\"chunked\"", "a b",
  ])
  func `malformedTransferEncoding`(value: String) {
    #expect(failure(fields: "Transfer-Encoding: " + value) == .malformedTransferEncoding(value))
  }

  @Test func `transferEncodingInHTTP10`() {
    #expect(failure("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == .transferEncodingInHTTP10)
  }

  @Test(arguments: [
    "\r\n", "g\r\n", "+5\r\n", "-1\r\n", "0x5\r\n", "5_0\r\n", " 5\r\n", ";a\r\n",
    "00000000000000005\r\n", "5\u{0}\r\n",
  ])
  func `invalidChunkSize`(chunks: String) { #expect(failure(chunks: chunks) == .invalidChunkSize) }

  @Test(arguments: [
    "5 \r\n", "5\t\r\n", "5 5\r\n", "5;\r\n", "5; \r\n", "5;a=\r\n", "5;a= \r\n", "5;=b\r\n", "5;a;\r\n",
    "5;a \r\n", "5;a b\r\n", "5;a=b \r\n", "5;a=b c\r\n", "5;a=b =c\r\n", "5;a=\"b\" \r\n",
    "5;a=\"b\r\n", "5;a=\"b\"c\r\n",
    "5;a=\"\u{0}\"\r\n", "5;\u{0}\r\n", "5;a=\"\\\r\n", "5;é\r\n",
  ])
  func `invalidChunkExtension`(chunks: String) { #expect(failure(chunks: chunks) == .invalidChunkExtension) }

  @Test(arguments: ["5\n", "5;a\nhello", "5;a=\"\n", "0\r\nX: a\n", "0\r\n\n", "\n", "0\r\nX\n"])
  func `bareLineFeed in chunk lines and trailers`(chunks: String) {
    #expect(failure(chunks: chunks) == .bareLineFeed)
  }

  @Test(arguments: ["5\rh", "5;a\rb\n", "0\r\n\rX", "0\r\nX: a\rb\r\n", "5\r\r\n"])
  func `bareCarriageReturn in chunk lines and trailers`(chunks: String) {
    #expect(failure(chunks: chunks) == .bareCarriageReturn)
  }

  @Test func `chunkOverheadTooLarge`() {
    let error = RequestError.chunkOverheadTooLarge(maxBytes: 64 << 10)
    #expect(failure(chunks: String(repeating: "1\r\na\r\n", count: 100_000)) == error)
    #expect(failure(chunks: "1;" + String(repeating: "a", count: 64 << 10)) == error)
    // What is announced but not there does not pay for an extension.
    #expect(failure(chunks: "fffffff;" + String(repeating: "a", count: 64 << 10)) == error)
    let padded =
      "64;" + String(repeating: "x", count: 1024) + "\r\n" + String(repeating: "a", count: 100) + "\r\n"
    #expect(failure(chunks: String(repeating: padded, count: 1000)) == error)
    #expect(failure(chunks: String(repeating: "8\r\nabcdefgh\r\n", count: 50_000)) == nil)
  }

  @Test(arguments: ["2\r\nabc\r\n", "2\r\nab\r\r", "2\r\nab\n", "2\r\nab0\r\n\r\n", "2\r\nab\rx"])
  func `missingChunkTerminator`(chunks: String) {
    #expect(failure(chunks: chunks) == .missingChunkTerminator)
  }

  @Test func `trailersTooLarge`() {
    let error = RequestError.trailersTooLarge(maxBytes: 8 << 10)
    #expect(failure(chunks: "0\r\nX: " + String(repeating: "a", count: 8 << 10)) == error)
    #expect(failure(chunks: "0\r\n" + String(repeating: "X:\r\n", count: 2048)) == nil)
    #expect(failure(chunks: "0\r\n" + String(repeating: "X:\r\n", count: 2048) + "\r\n") == error)
  }

  @Test(arguments: ["no colon\r\n", "nocolon\r\n", ": x", " X: a", "X : a", "X: a\r\n b", "X: \u{0}", "[: a"])
  func `malformedTrailer`(trailers: String) {
    #expect(failure(chunks: "0\r\n" + trailers) == .malformedTrailer)
  }

  @Test func `duplicateField`() {
    #expect(failure(fields: "Content-Type: a/b\r\ncontent-type: a/b") == .duplicateField("content-type"))
  }

  @Test(arguments: ["200-ok", "100-continue, x", "100-continue;a=b"])
  func `unknownExpectation`(value: String) {
    #expect(failure(fields: "Expect: " + value) == .unknownExpectation(value))
  }
}
