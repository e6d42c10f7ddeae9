import Foundation
import Testing
import UpconvHTTP
import UpconvHTTP2
import UpconvTransport

/// Streams of HTTP/2 beside one another: their limits, windows, turns and ends.
@Suite struct HTTP2StreamTests {
  typealias Client = HTTP2TestClient

  @Test func `Content beyond the limit is refused when it comes unannounced`() throws {
    let server = try TestServer(server: { $0.http.maxContentBytes = 100 })
    let client = try Client(port: server.port)
    try client.send(
      Client.headers(stream: 1, Client.postHead, endsStream: false)
        + Client.data(stream: 1, [UInt8](repeating: 32, count: 101)))
    #expect(try client.readResponse(stream: 1).status == 413)
  }

  @Test func `One stream too many is refused, also before the limit is known`() throws {
    let server = try TestServer(server: { $0.http2.maxConcurrentStreams = 3 })
    let client = try Client(port: server.port)
    for stream in stride(from: UInt32(1), through: 9, by: 2) {
      try client.send(Client.headers(stream: stream, Client.postHead, endsStream: false))
    }
    for stream in [UInt32(7), 9] {
      #expect(throws: Client.Reset(code: 7)) { try client.readResponse(stream: stream) }
    }
    for stream in [UInt32(1), 3, 5] {
      try client.send(Client.data(stream: stream, Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8)))
      #expect(try client.readResponse(stream: stream).text == TestRequest.tinyAnswer)
    }
    try client.send(Client.tiny(stream: 11))
    #expect(try client.readResponse(stream: 11).text == TestRequest.tinyAnswer)
  }

  @Test func `Unwanted content does not use up the connection's window`() throws {
    let server = try TestServer()
    let client = try Client(port: server.port)
    try client.acknowledgeSettings()
    // 64 requests of 1 MiB: four times the window of the connection.
    for stream in stride(from: UInt32(1), to: 128, by: 2) {
      try client.send(
        Client.headers(stream: stream, Client.head("POST", "/nowhere"), endsStream: false)
          + Client.data(stream: stream, [UInt8](repeating: 0, count: 1 << 20)))
      #expect(try client.readResponse(stream: stream).status == 404)
    }
    var opened = 0
    try client.send(Client.frame(.ping, [0, 0, 0, 0, 0, 0, 0, 0]))
    _ = try client.next { frame in
      if frame.type == .windowUpdate, frame.stream == 0 { opened += Int(frame.number(at: 0)) }
      return frame.isAcknowledgement && frame.type == .ping
    }
    // At most half a window is owed, and what filled it at the start came on top.
    #expect(opened >= (64 << 20) - (8 << 20) + (16 << 20) - 65_535)
  }

  @Test func `Answers on many streams take turns`() throws {
    let server = try TestServer()
    // No stream may send until all four answers are there.
    let client = try Client(port: server.port, settings: [(4, 0)])
    try client.acknowledgeSettings()
    try client.send(Client.windowUpdate(stream: 0, 1 << 30))
    let streams = (0..<4).map { UInt32($0 * 2 + 1) }
    for stream in streams {
      try client.send(
        Client.headers(
          stream: stream,
          Client.head("POST", "/v1/conv2d_transpose") + [("content-type", "application/vnd.safetensors")],
          endsStream: false)
          // Whatever priorities say.
          + Client.frame(.priority, stream: stream, Client.bytes(stream == 1 ? 0 : 1) + [stream == 1 ? 255 : 0])
          + Client.data(stream: stream, SlowReaderTests.large))
    }
    for stream in streams { #expect(try client.readHead(stream: stream).status == 200) }
    try client.send(streams.flatMap { Client.windowUpdate(stream: $0, 1 << 30) })
    var bytes = [Int](repeating: 0, count: 4)
    while true {
      let frame = try client.next { $0.type == .data }
      bytes[Int(frame.stream / 2)] += frame.payload.count
      if frame.endsStream { break }
    }
    // 4 MiB each: when the first is whole, the others are nearly so.
    #expect(try #require(bytes.min()) > 3 << 20, "\(bytes)")
  }

  @Test func `A reset stops the work of its stream, and others go on`() throws {
    let server = try ServerProcess(["--threads", "2"])
    let client = try Client(port: server.port)
    let slow = LimitsTests.slow
    let separator = Array("\r\n\r\n".utf8)
    let start = try #require(slow.indices.first { slow[$0...].starts(with: separator) })
    try client.send(
      Client.headers(
        stream: 1,
        Client.head("POST", "/v1/conv2d_transpose") + [
          ("content-type", "application/vnd.safetensors"), ("content-encoding", "gzip"),
        ], endsStream: false) + Client.data(stream: 1, Array(slow[(start + 4)...])))
    let busy = server.processorSeconds
    #expect(ServerProcess.wait { server.processorSeconds > busy + 0.3 })
    try client.send(Client.reset(stream: 1))
    #expect(server.comesToRest())
    try client.send(Client.tiny(stream: 3))
    #expect(try client.readResponse(stream: 3).text == TestRequest.tinyAnswer)
  }

  @Test func `SIGTERM is told in two steps, and what came between is answered`() throws {
    let server = try ServerProcess()
    let client = try Client(port: server.port)
    try client.send(Client.headers(stream: 1, Client.postHead, endsStream: false))
    try client.send(Client.tiny(stream: 3))
    #expect(try client.readResponse(stream: 3).text == TestRequest.tinyAnswer)
    server.process.terminate()
    #expect(try client.readGoAway() == (0x7FFF_FFFF, 0))
    // On its way when the first GOAWAY came.
    try client.send(Client.tiny(stream: 5))
    let ping = try client.next { $0.type == .ping }
    try client.send(Client.frame(.ping, flags: 1, ping.payload))
    #expect(try client.readGoAway() == (5, 0))
    #expect(try client.readResponse(stream: 5).text == TestRequest.tinyAnswer)
    try client.send(Client.data(stream: 1, Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8)))
    #expect(try client.readResponse(stream: 1).text == TestRequest.tinyAnswer)
    #expect(client.client.readsEnd())
    server.process.waitUntilExit()
    #expect(server.process.terminationStatus == 0)
  }

  @Test func `A resting connection ends at SIGTERM, also where its client sleeps`() throws {
    let server = try ServerProcess()
    let client = try Client(port: server.port)
    try client.send(Client.tiny(stream: 1))
    #expect(try client.readResponse(stream: 1).text == TestRequest.tinyAnswer)
    let start = Date()
    #expect(server.terminate() == 0)
    #expect(Date().timeIntervalSince(start) < 10)
  }

  @Test func `Deadlines hold for heads, content, answers and resting connections`() throws {
    let server = try TestServer(server: {
      $0.headTimeout = .seconds(1)
      $0.requestTimeout = .seconds(1)
      $0.idleTimeout = .seconds(1)
    })
    let head = try Client(port: server.port)
    try head.acknowledgeSettings()
    try head.send(Client.headers(stream: 1, Client.postHead, endsHeaders: false))
    #expect(try head.readGoAway().code == Client.enhanceYourCalm)

    let content = try Client(port: server.port)
    try content.acknowledgeSettings()
    try content.send(Client.headers(stream: 1, Client.postHead, endsStream: false))
    #expect(try content.readResponse(stream: 1).status == 408)
    #expect(try content.next { $0.stream == 1 && $0.type == .reset }.number(at: 0) == 0)

    // It never acknowledges our settings.
    let silent = try Client(port: server.port)
    try silent.send(Client.tiny(stream: 1))
    #expect(try silent.readResponse(stream: 1).status == 200)
    #expect([0, 4].contains(try silent.readGoAway().code))

    let resting = try Client(port: server.port)
    try resting.acknowledgeSettings()
    try resting.send(Client.tiny(stream: 1))
    #expect(try resting.readResponse(stream: 1).status == 200)
    #expect(try resting.readGoAway() == (1, 0))
    #expect(resting.client.readsEnd())

    // Pings do not keep it.
    let pinging = try Client(port: server.port)
    try pinging.acknowledgeSettings()
    for _ in 0..<30 where (try? pinging.send(Client.frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8]))) != nil { usleep(100_000) }
    #expect(try pinging.readGoAway() == (0, 0))
  }
}
