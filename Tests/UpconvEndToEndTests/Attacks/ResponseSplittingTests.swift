import Foundation
import Testing

/// Line ends in everything that a refusal may repeat: they never become line ends of an answer's head.
@Suite(.serialized) struct ResponseSplittingTests {
  private static let injected = "\r\nInjected: yes\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"

  private static let percentEncoded = injected.utf8.map { byte in
    let digits = String(byte, radix: 16)
    return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
  }.joined()

  private static let requests: [[UInt8]] = {
    let json = injected.replacing("\r", with: "\\r").replacing("\n", with: "\\n")
    let lineFeeds = injected.replacing("\r\n", with: "\\u000d\\u000a")
    let header = #"{"__metadata__":{"a\#(json)":"b","strides":"\#(json)"}}"#
    let safetensors =
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
    return [
      TestRequest.get("/\(percentEncoded)"), TestRequest.get("/v2/\(percentEncoded)/live?a=\(percentEncoded)"),
      TestRequest.post(Array("{}".utf8), path: "/v1/conv2d_transpose?\(percentEncoded)=1"),
      TestRequest.post(Array("{}".utf8), path: "/v1/conv2d_transpose?strides=\(percentEncoded)"),
      TestRequest.post(Array(#"{"\#(json)":1}"#.utf8)), TestRequest.post(Array(#"{"padding":"\#(lineFeeds)"}"#.utf8)),
      TestRequest.post(safetensors, type: "application/vnd.safetensors"),
      TestRequest.post(Array("{}".utf8), type: "text/\(percentEncoded)"),
      TestRequest.post(Array("{}".utf8), fields: [("Content-Encoding", percentEncoded)]),
      TestRequest.post(Array("{}".utf8), fields: [("Accept", "x/\(percentEncoded)")]),
      TestRequest.get("/", method: "BREW\(percentEncoded)"),
    ]
  }()

  private static let known: Set = [
    "date", "content-type", "content-length", "connection", "vary", "allow", "accept", "accept-encoding", "retry-after",
    "server-timing",
  ]

  @Test func `Whatever is repeated, an answer has one head`() throws {
    let server = try AttackedServer()
    try server.withstand("response splitting") {
      for request in Self.requests {
        let responses = try server.responses(to: request)
        #expect(responses.count == 1)
        let response = try #require(responses.first)
        #expect((400...599).contains(response.status), "\(response.text)")
        #expect(response.fields.allSatisfy { Self.known.contains($0.name) }, "\(response.fields)")
        #expect(response.json?["detail"] != nil)
      }
    }
  }
}
