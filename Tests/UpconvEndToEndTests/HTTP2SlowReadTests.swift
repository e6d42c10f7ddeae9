import Foundation
import Testing

/// Whoever takes an answer of HTTP/2 in crumbs does not hold its memory for ever.
@Suite struct HTTP2SlowReadTests {
  @Test func `An answer of which less than 64 KiB are taken within the idle timeout ends with CANCEL`() throws {
    let server = try ServerProcess(["--threads", "2", "--idle-timeout", "1"])
    let client = try HTTP2TestClient(port: server.port, settings: [(4, 0)])
    try client.acknowledgeSettings()
    let head = HTTP2TestClient.head("POST", "/v1/conv2d_transpose") + [("content-type", "application/vnd.safetensors")]
    try client.send(
      HTTP2TestClient.headers(stream: 1, head, endsStream: false)
        + HTTP2TestClient.data(stream: 1, SlowReaderTests.large))
    #expect(try client.readHead(stream: 1).status == 200)
    // Some goes at any time, and few frames: neither the stream's own rule nor that of floods is met.
    for _ in 0..<25 {
      try client.send(HTTP2TestClient.windowUpdate(stream: 1, 1024))
      usleep(80_000)
    }
    #expect(try client.next { $0.stream == 1 && $0.type == .reset }.number(at: 0) == 8)
    // The connection goes on.
    try client.send(HTTP2TestClient.headers(stream: 3, HTTP2TestClient.head("GET", "/v2/health/live")))
    #expect(try client.readHead(stream: 3).status == 200)
  }
}
