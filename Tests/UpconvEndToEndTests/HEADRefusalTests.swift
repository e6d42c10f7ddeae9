import Foundation
import Testing
import UpconvTransport

/// No response to HEAD has content, whenever the method could be read (RFC 9110 §9.3.2).
@Suite struct HEADRefusalTests {
  /// Heads that are refused while they are read, with the status.
  static let refused: [(bytes: String, status: Int)] = [
    ("HEAD  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("\r\nHEAD / HTTP/1.1\nHost: a\n\n", 400),
    ("HEAD / HTTP/1.1\r\n\r\n", 400),
    ("HEAD /# HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", 413),
    ("HEAD /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    ("HEAD / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417),
    ("HEAD / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 120) + "\r\n", 431),
    ("HEAD / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 70_000))\r\n\r\n", 431),
    ("HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ("HEAD / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
  ]

  @Test(arguments: refused.indices)
  func `A refused head of HTTP/1.1 is answered without content, however it is cut`(index: Int) throws {
    let (bytes, status) = HEADRefusalTests.refused[index]
    let server = try TestServer()
    for cut in [bytes.utf8.count, 3, 5, 20] {
      let client = try server.connect()
      try client.send(bytes.utf8.prefix(cut))
      if cut < bytes.utf8.count {
        usleep(20_000)
        try? client.send(bytes.utf8.dropFirst(cut))
      }
      let response = try client.readResponse(toHEAD: true)
      #expect(response.status == status, "\(bytes.prefix(80))")
      #expect(response["content-type"] == "application/problem+json")
      // Content would stand before the end.
      #expect(client.readsEnd(), "\(status): \(bytes.prefix(80))")
    }
  }

  @Test func `A head of HTTP/1.1 that does not end is answered 408 without content`() throws {
    let server = try TestServer(server: { $0.headTimeout = .seconds(1) })
    let client = try server.connect()
    try client.send("HEAD / HTTP/1.1\r\nHo")
    #expect(try client.readResponse(toHEAD: true).status == 408)
    #expect(client.readsEnd())
  }

  @Test func `Other methods, and those that could not be read, are told why`() throws {
    let server = try TestServer()
    for line in ["GET /#", "HEADER /#", "HEA /#", "head /", "HEAD(x /"] {
      let response = try server.exchange(Array("\(line) HTTP/1.1\r\nHost: a\r\nX\r\n\r\n".utf8))
      #expect(response.status >= 400)
      #expect(!response.content.isEmpty, "\(line)")
    }
  }

  @Test func `A refused head of HTTP/2 is answered with END_STREAM`() throws {
    let server = try TestServer()
    let client = try HTTP2TestClient(port: server.port)
    try client.acknowledgeSettings()
    let head = HTTP2TestClient.head("HEAD", "/")
    let many = (0..<120).map { ("x-\($0)", "y") }
    let refused: [(fields: [(String, String)], status: Int)] = [
      (head + [("host", "b")], 400),
      (head + [("content-length", "999999999999")], 413),
      (HTTP2TestClient.head("HEAD", "/" + String(repeating: "a", count: 9000)), 414),
      (head + [("expect", "tea")], 417),
      (head + many, 431),
    ]
    for (index, (fields, status)) in refused.enumerated() {
      let stream = UInt32(2 * index + 1)
      let endsStream = status != 413
      try client.send(HTTP2TestClient.headers(stream: stream, fields, endsStream: endsStream))
      let response = try client.readHead(stream: stream)
      #expect(response.status == status)
      #expect(response[":ended"] != nil, "\(status)")
      #expect(response["content-length"] != nil)
    }
    // The connection goes on.
    let last = UInt32(2 * refused.count + 1)
    try client.send(HTTP2TestClient.headers(stream: last, HTTP2TestClient.head("GET", "/v2/health/live")))
    #expect(try client.readResponse(stream: last).status == 200)
  }
}
