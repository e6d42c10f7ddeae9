import Foundation
import Testing

/// Clients that hold what they have by doing as little as they can.
@Suite(.serialized) struct SlowAttackTests {
  private static let timeouts = ["--head-timeout", "2", "--request-timeout", "3", "--idle-timeout", "2"]

  /// Sends a byte to every server now and then, as long as one of them takes it; answers what came back.
  private func trickle(_ clients: [TestClient], _ byte: [UInt8]) -> [TestResponse] {
    var open = clients
    while !open.isEmpty {
      open.removeAll { (try? $0.send(byte)) == nil }
      usleep(100_000)
    }
    return clients.flatMap { $0.readAllResponses() }
  }

  @Test func `Heads that come byte by byte end with 408`() throws {
    let server = try AttackedServer(Self.timeouts)
    try server.withstand("slow head") {
      let clients = try (0..<200).map { _ in try TestClient(port: server.port, receiveTimeoutSeconds: 5) }
      for client in clients { try client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ") }
      #expect(trickle(clients, [0x61]).allSatisfy { $0.status == 408 })
    }
  }

  @Test func `Content that comes byte by byte, or never, ends with 408`() throws {
    let server = try AttackedServer(Self.timeouts)
    let head = "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\n"
    try server.withstand("slow body") {
      let clients = try (0..<200).map { _ in try TestClient(port: server.port, receiveTimeoutSeconds: 5) }
      for (index, client) in clients.enumerated() {
        try client.send(
          head + (index % 2 == 0 ? "Content-Length: 1000000\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n80000\r\n"))
      }
      #expect(trickle(clients, [0x20]).allSatisfy { $0.status == 408 })
    }
    try server.withstand("a length without content") {
      let clients = try (0..<200).map { _ in try TestClient(port: server.port) }
      for client in clients { try client.send(head + "Content-Length: 200000000\r\n\r\n") }
      let statuses = try clients.map { try $0.readResponse().status }
      // Those beyond what could be computed in time are refused on their heads.
      #expect(statuses.allSatisfy { $0 == 408 || $0 == 503 }, "\(Set(statuses))")
      #expect(statuses.contains(408))
    }
  }

  @Test func `Answers that are read byte by byte, or never, are given up`() throws {
    let server = try AttackedServer(Self.timeouts)
    let request = TestRequest.post(
      SlowReaderTests.large, type: "application/vnd.safetensors", fields: [("Accept", "application/json")])
    try server.withstand("slow read") {
      let clients = try (0..<20).map { _ in try TestClient(port: server.port, receiveBufferBytes: 4096) }
      for client in clients { try client.send(request) }
      // Half of them read 5 KB a second: always some progress, but half an hour for the whole.
      let idle = clients.prefix(10)
      var open = Array(clients.suffix(10))
      let end = Date().addingTimeInterval(20)
      while !open.isEmpty, Date() < end {
        open.removeAll { (try? $0.read(count: 500)) == nil }
        usleep(100_000)
      }
      #expect(open.isEmpty)
      #expect(idle.allSatisfy { client in (try? client.read(count: 8 << 20)) == nil })
    }
  }
}
