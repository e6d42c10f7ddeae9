import Foundation
import Testing
import UpconvTransport

/// Connections that hold their places without a use lose them to clients that need one.
@Suite struct PlacesTests {
  private static let uploadHead = "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{"
  private static let places = 40

  /// A server all of whose places are taken by connections that have sent these bytes, and no more.
  private func crowded(
    _ bytes: String, arguments: [String] = []
  ) throws -> (server: ServerProcess, crowd: [TestClient]) {
    let server = try ServerProcess(
      ["--threads", "2", "--event-loops", "2", "--max-connections", "\(Self.places)"] + arguments)
    let crowd = try (0..<Self.places).map { _ in
      let client = try TestClient(port: server.port, receiveTimeoutSeconds: 10)
      try client.send(bytes)
      return client
    }
    return (server, crowd)
  }

  @Test func `A health probe is answered while silent uploads hold all places`() throws {
    let (server, crowd) = try crowded(Self.uploadHead)
    for path in ["/v2/health/live", "/v2/health/ready"] {
      #expect(try server.exchange(TestRequest.get(path)).status == 200)
    }
    withExtendedLifetime(crowd) {}
  }

  @Test(arguments: [PlacesTests.uploadHead, "POST /v1/conv2d_transpose HTTP/1.1\r\nHo", ""])
  func `A new client gets the place of one that sends nothing`(bytes: String) throws {
    let (server, crowd) = try crowded(bytes)
    // A place is given away once it was of no use for a second.
    usleep(1_500_000)
    // More than one event loop has had.
    let newcomers = try (0..<30).map { _ in try TestClient(port: server.port) }
    for client in newcomers {
      try client.send(TestRequest.tiny)
      #expect(try client.readResponse().text == TestRequest.tinyAnswer)
    }
    // They keep it.
    for client in newcomers {
      try client.send(TestRequest.tiny)
      #expect(try client.readResponse().text == TestRequest.tinyAnswer)
    }
    withExtendedLifetime(crowd) {}
  }

  @Test func `If all connections have work, only health probes are served beyond the limit`() throws {
    let handler = OverloadTests.GatedHandler()
    let server = try OverloadTests.GatedHandler.serve(handler, maxWaiting: 3, maxConnections: 3)
    defer {
      server.stop(grace: .seconds(5))
      server.waitUntilStopped()
    }
    let working = try (0..<3).map { _ in try TestClient(port: server.port) }
    for client in working { try client.send(TestRequest.post([])) }
    handler.running.wait()
    let refused = try TestClient(port: server.port)
    try refused.send(TestRequest.get("/", method: "HEAD") + TestRequest.get("/live"))
    #expect(try refused.readResponse(toHEAD: true).status == 503)
    // What stands behind it is not answered.
    #expect(refused.readsEnd())
    let silent = try TestClient(port: server.port)
    let probe = try TestClient(port: server.port)
    try probe.send(TestRequest.get("/live"))
    let answer = try probe.readResponse()
    #expect(answer.status == 200)
    #expect(answer["connection"] == "close")
    #expect(probe.readsEnd())
    for (path, status) in [("/live", 200), ("/", 503)] {
      let client = try HTTP2TestClient(port: server.port)
      try client.send(HTTP2TestClient.headers(stream: 1, HTTP2TestClient.head("GET", path)))
      #expect(try client.readResponse(stream: 1).status == status)
      #expect(try client.readGoAway() == (1, 0))
    }
    // It has a second to ask.
    #expect(try silent.readResponse().status == 503)
    for client in working {
      handler.gate.signal()
      #expect(try client.readResponse().content == [2])
    }
  }

  @Test func `Content below the minimum rate is answered 408 long before the request's timeout, over both versions`()
    throws
  {
    let server = try TestServer(server: {
      $0.contentGrace = .seconds(1)
      $0.minContentRate = 1000
    })
    let silent = try server.connect()
    try silent.send(PlacesTests.uploadHead)
    let stream = try HTTP2TestClient(port: server.port)
    try stream.acknowledgeSettings()
    try stream.send(HTTP2TestClient.headers(stream: 1, HTTP2TestClient.postHead, endsStream: false))
    // 25 kB/s at least, for as long as it takes.
    let slow = try server.connect()
    let content = TestRequest.post([UInt8](repeating: UInt8(ascii: " "), count: 1_000_000))
    var sent = 0
    let end = Date().addingTimeInterval(2.5)
    while Date() < end {
      try slow.send(content[sent..<sent + 5000])
      sent += 5000
      usleep(100_000)
    }
    let response = try silent.readResponse()
    #expect(response.status == 408)
    #expect(response.text.contains("1000 bytes per second"))
    #expect(silent.readsEnd())
    #expect(try stream.readResponse(stream: 1).status == 408)
    // It goes on, and is answered for what it sent: blanks are no JSON.
    try slow.send(content[sent...])
    #expect(try slow.readResponse().status == 400)
  }
}
