import Foundation
import Testing

/// Requests that two readers could cut at different places: behind each stands a second request, which must never be
/// answered.
@Suite(.serialized) struct SmugglingAttackTests {
  static let hidden = "GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n"

  private static func post(_ fields: [UInt8], _ content: String) -> [UInt8] {
    Array("POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\n".utf8) + fields + Array("\r\n\r\n".utf8)
      + Array(content.utf8)
  }

  private static func post(_ fields: String, _ content: String = hidden) -> [UInt8] {
    post(Array(fields.utf8), content)
  }

  /// Both a length and chunks, in either order, and whatever one of the two readers may overlook.
  static let lengthAndChunks: [[UInt8]] = {
    let chunks = "0\r\n\r\n" + hidden
    let codings = [
      "Transfer-Encoding: chunked", "transfer-encoding:chunked", "Transfer-Encoding: CHUNKED",
      "Transfer-Encoding: identity",
      "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked",
      "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: ,chunked",
      "Transfer-Encoding:", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
      "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", "Transfer-Encoding\t: chunked",
      "Transfer-Encoding : chunked",
      "X: y\r\n Transfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked", "X: y\nTransfer-Encoding: chunked",
      "X: y\rTransfer-Encoding: chunked", " Transfer-Encoding: chunked", "\u{a0}Transfer-Encoding: chunked",
      "Transfer-Encoding: \u{b}chunked", "Transfer-Encoding: chunked\u{0}", "Transfer-Encoding: chun\u{212A}ed",
      "Transfer-Encoding: \u{a0}chunked",
    ]
    return codings.flatMap { coding in
      ["\(coding)\r\nContent-Length: 5", "Content-Length: \(chunks.utf8.count)\r\n\(coding)"].map { post($0, chunks) }
    } + [[0x85], [0xA0], [0x0C]].map { post(Array("Transfer-Encoding: ".utf8) + $0 + Array("chunked".utf8), chunks) }
  }()

  /// Lengths that only some readers understand.
  static let lengths: [[UInt8]] =
    [
      "+5", "-0", "-5", "0x5", "5_0", "1 0", "5,5", "5, 5", "5;", "5.0", "5e0", "\"5\"", "٥", "５", "5h", "",
      "18446744073709551621", "99999999999999999999", "9223372036854775808",
    ].map { post("Content-Length: \($0)") } + [
      post("Content-Length: 0\r\nContent-Length: 0"), post("Content-Length: 0\r\nContent-Length: \(hidden.utf8.count)"),
      post("Content-Length: 5\r\ncontent-length: 0"), post("Content-Length : 5"), post("Content-Length\t: 0"),
      post("X: y\r\n Content-Length: 0"), post("Content-Length:\r\n 0"), post("X: y\nContent-Length: 0"),
    ]

  /// Chunks that only some readers understand.
  static let chunks: [[UInt8]] = [
    "+0\r\n\r\n", "-1\r\n", "0x0\r\n\r\n", "0_0\r\n\r\n", " 0\r\n\r\n", "0 \r\n\r\n", "\r\n\r\n", ";a\r\n\r\n", "g\r\n",
    "10000000000000000\r\n", "00000000000000000\r\n\r\n", "FFFFFFFFFFFFFFFF\r\n", "8000000000000000\r\n", "0\n\n",
    "0\r\r\n",
    "0\n\r\n", "1\r\n \n0\r\n\r\n", "1\r\n  0\r\n\r\n", "1\r\n 0\r\n\r\n", "0;a\n\r\n\r\n", "0;a=\"\n\"\r\n\r\n",
    "0;\r\n\r\n",
    "0;a=\r\n\r\n", "0 ;a \r\n\r\n", "0\r\n X: y\r\n\r\n", "0\r\nX y\r\n\r\n", "0\r\nX: y\n\r\n", "0\r\n: y\r\n\r\n",
  ].map { post("Transfer-Encoding: chunked", $0 + hidden) }

  /// Heads that some readers end elsewhere, or take for another request.
  static let heads: [[UInt8]] = [
    "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\r\n\r", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.10\r\nHost: a\r\n\r\n",
    "GET /\r\n\r\n",
    "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n\r\nGET / HTTP/1.1\r\n",
    "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ].map { Array(($0 + hidden).utf8) }

  @Test func `Nothing that could be cut in two ways is answered twice`() throws {
    let server = try AttackedServer()
    // The count is worth something: two requests that are in order have two answers.
    #expect(try server.responses(to: TestRequest.tiny + Array(SmugglingAttackTests.hidden.utf8)).count == 2)
    try server.withstand("request smuggling") {
      for bytes in Self.lengthAndChunks + Self.lengths + Self.chunks + Self.heads {
        let responses = try server.responses(to: bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(responses.count == 1, "\(text)")
        #expect(responses.first.map { (400...599).contains($0.status) } ?? false, "\(text)")
        #expect(responses.first?["connection"] == "close", "\(text)")
      }
    }
  }

  /// The other way round (CL.0, 0.CL): content that is refused unread is never taken for a request.
  @Test func `Content that is refused or not wanted is never read as a request`() throws {
    let server = try AttackedServer()
    let hidden = SmugglingAttackTests.hidden
    try server.withstand("content taken for requests") {
      for line in [
        "GET /v2/health/live", "POST /nowhere", "PUT /v1/conv2d_transpose", "OPTIONS *", "POST /openapi.yaml",
        "HEAD /v2/health/ready",
      ] {
        let head = "\(line) HTTP/1.1\r\nHost: a\r\n"
        let withLength = head + "Content-Length: \(hidden.utf8.count)\r\n\r\n" + hidden
        let size = String(hidden.utf8.count, radix: 16)
        let withChunks = head + "Transfer-Encoding: chunked\r\n\r\n\(size)\r\n\(hidden)\r\n0\r\n\r\n"
        for bytes in [withLength, withChunks] {
          let client = try TestClient(port: server.port)
          try client.send(bytes)
          client.shutdownWriting()
          _ = try client.readResponse(toHEAD: line.hasPrefix("HEAD"))
          #expect(client.readAllResponses().isEmpty, "\(bytes)")
        }
      }
    }
  }
}
