import Foundation
import Testing
import UpconvHTTP
import UpconvHTTP2
import UpconvTransport

/// Answers of HTTP/2 that are decided before the request's content has come.
@Suite struct HTTP2EarlyAnswerTests {
  typealias Client = HTTP2TestClient

  /// A request that is answered 404 on its head, with its content announced.
  private func upload(stream: UInt32, bytes: Int) -> [UInt8] {
    let head = Client.head("POST", "/nowhere") + [("content-length", "\(bytes)")]
    return Client.headers(stream: stream, head, endsStream: false)
  }

  /// Sends content to its end as far as the windows of the stream and the connection allow.
  private func send(bytes: Int, stream: UInt32, _ client: Client) throws {
    var left = bytes
    var windows = (stream: 4 << 20, connection: 65_535)
    while left > 0 {
      let count = min(left, windows.stream, windows.connection)
      if count > 0 {
        left -= count
        windows = (windows.stream - count, windows.connection - count)
        try client.send(Client.data(stream: stream, [UInt8](repeating: 32, count: count), endsStream: left == 0))
      } else {
        let frame = try client.next {
          ($0.type == .windowUpdate && ($0.stream == stream || $0.stream == 0)) || $0.type == .reset
        }
        guard frame.type == .windowUpdate else { throw Client.Reset(code: frame.number(at: 0)) }
        if frame.stream == 0 {
          windows.connection += Int(frame.number(at: 0))
        } else {
          windows.stream += Int(frame.number(at: 0))
        }
      }
    }
  }

  @Test func `Content behind an early answer is taken to its end, and the stream is not reset`() throws {
    let server = try TestServer()
    let client = try Client(port: server.port)
    try client.acknowledgeSettings()
    try client.send(upload(stream: 1, bytes: 12 << 20))
    #expect(try client.readResponse(stream: 1).status == 404)
    try send(bytes: 12 << 20, stream: 1, client)
    try client.send(Client.frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8]))
    var resets = 0
    _ = try client.next { frame in
      if frame.type == .reset { resets += 1 }
      return frame.type == .ping && frame.isAcknowledgement
    }
    #expect(resets == 0)
    try client.send(Client.tiny(stream: 3))
    #expect(try client.readResponse(stream: 3).text == TestRequest.tinyAnswer)
  }

  @Test func `A client that goes on slowly to the end of its content is not told to stop`() throws {
    let server = try TestServer()
    let client = try Client(port: server.port)
    try client.acknowledgeSettings()
    // Less than a window, and for longer than the two seconds that a client may be silent.
    let piece = [UInt8](repeating: 32, count: 256 << 10)
    try client.send(upload(stream: 1, bytes: 9 * piece.count))
    #expect(try client.readResponse(stream: 1).status == 404)
    for index in 0..<9 {
      usleep(300_000)
      try client.send(Client.data(stream: 1, piece, endsStream: index == 8))
    }
    try client.send(Client.tiny(stream: 3))
    #expect(try client.next { ($0.stream == 3 && $0.type == .headers) || $0.type == .reset }.type == .headers)
  }

  @Test func `A client that has much left and sends nothing is told to stop after two seconds`() throws {
    let server = try TestServer()
    let client = try Client(port: server.port)
    try client.acknowledgeSettings()
    try client.send(upload(stream: 1, bytes: 100 << 20))
    #expect(try client.readResponse(stream: 1).status == 404)
    let start = ContinuousClock.now
    #expect(try client.next { $0.stream == 1 && $0.type == .reset }.number(at: 0) == 0)
    #expect(ContinuousClock.now - start > .seconds(1.5))
    try client.send(Client.tiny(stream: 3))
    #expect(try client.readResponse(stream: 3).text == TestRequest.tinyAnswer)
  }

  @Test func `Beyond its bound content is no longer taken, and the stream is reset before others`() throws {
    let server = try TestServer(server: { $0.http2.unwantedContent = .init(burst: 0x1p20, perSecond: 0) })
    let client = try Client(port: server.port)
    try client.acknowledgeSettings()
    try client.send(upload(stream: 1, bytes: 100 << 20) + upload(stream: 3, bytes: 100 << 20))
    for stream in [UInt32(1), 3] { #expect(try client.readResponse(stream: stream).status == 404) }
    #expect(throws: Client.Reset(code: 0)) { try send(bytes: 100 << 20, stream: 3, client) }
    #expect(try client.next { $0.type == .reset }.stream == 1)
  }

  @Test func `curl gets the answer to an upload that is refused on its head`() throws {
    let server = try TestServer(server: { $0.http.maxContentBytes = 32 << 20 })
    let curl = try Program.find("curl")
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let post = "/v1/conv2d_transpose"
    for (megabytes, path, type, status) in [
      (1, "/nowhere", "application/json", 404), (20, "/nowhere", "application/json", 404),
      (1, post, "text/plain", 415), (20, post, "text/plain", 415), (50, post, "application/json", 413),
    ] {
      try Data(count: megabytes * 1_000_000).write(to: file)
      let result = try Program.run(
        curl,
        [
          "-s", "--http2-prior-knowledge", "-o", "/dev/null", "-w", "%{http_code} %{http_version}",
          "-H", "Content-Type: \(type)", "--data-binary", "@\(file.path)", "http://127.0.0.1:\(server.port)\(path)",
        ])
      #expect(result.output == "\(status) 2", "\(megabytes) MB to \(path)")
      #expect(result.status == 0, "\(megabytes) MB to \(path)")
    }
  }
}
