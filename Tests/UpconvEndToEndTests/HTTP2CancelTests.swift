import Foundation
import Testing
import UpconvHTTP2
import UpconvTransport

/// Clients of HTTP/2 that cancel requests, or send more of them at one time than they may.
@Suite struct HTTP2CancelTests {
  typealias Client = HTTP2TestClient

  private func open(_ streams: some Sequence<UInt32>) -> [UInt8] {
    streams.flatMap { Client.headers(stream: $0, Client.postHead, endsStream: false) }
  }

  /// Returns once the server has read all that was sent before.
  private func roundTrip(_ client: Client) throws {
    try client.send(Client.frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8]))
    _ = try client.next { $0.type == .ping && $0.isAcknowledgement }
  }

  @Test func `The 101st request is refused also once the limit is acknowledged, and the hundred are answered`() throws {
    let server = try TestServer()
    let client = try Client(port: server.port)
    let settings = try client.next { $0.type == .settings && !$0.isAcknowledgement }
    #expect(stride(from: 0, to: settings.payload.count, by: 6).contains { settings.number(at: $0 + 2) == 100 })
    try client.send(Client.frame(.settings, flags: 1))
    let streams = (0..<103).map { UInt32(2 * $0 + 1) }
    try client.send(open(streams))
    for stream in streams[100...] {
      #expect(throws: Client.Reset(code: 7)) { try client.readResponse(stream: stream) }
    }
    for stream in streams[..<100] {
      try client.send(Client.data(stream: stream, Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8)))
      #expect(try client.readResponse(stream: stream).text == TestRequest.tinyAnswer)
    }
    try client.send(Client.tiny(stream: 207))
    #expect(try client.readResponse(stream: 207).text == TestRequest.tinyAnswer)
  }

  @Test func `A client that goes on past the limit is sent away once it has acknowledged it, not before`() throws {
    let server = try TestServer(server: { $0.http2.maxConcurrentStreams = 3 })
    let client = try Client(port: server.port)
    let early = (0..<303).map { UInt32(2 * $0 + 1) }
    try client.send(open(early))
    for stream in early[3...] {
      #expect(throws: Client.Reset(code: 7)) { try client.readResponse(stream: stream) }
    }
    try client.acknowledgeSettings()
    try roundTrip(client)
    let late = (303..<603).map { UInt32(2 * $0 + 1) }
    // It may close before all is sent.
    _ = try? client.send(open(late))
    #expect(try client.readGoAway().code == Client.enhanceYourCalm)
  }

  @Test func `1600 cancels of requests that have waited do not end the connection, 150 rapid ones do`() throws {
    let server = try TestServer(server: { $0.http2.maxConcurrentStreams = 400 })
    let client = try Client(port: server.port)
    try client.acknowledgeSettings()
    for round in 0..<4 {
      let streams = (0..<400).map { UInt32(2 * (400 * round + $0) + 1) }
      try client.send(open(streams))
      try roundTrip(client)
      usleep(300_000)
      try client.send(streams.flatMap { Client.reset(stream: $0) })
      try roundTrip(client)
    }
    try client.send(Client.tiny(stream: 3201))
    #expect(try client.readResponse(stream: 3201).text == TestRequest.tinyAnswer)
    let rapid = (0..<150).map { UInt32(3203 + 2 * $0) }
    _ = try? client.send(rapid.flatMap { open([$0]) + Client.reset(stream: $0) })
    #expect(try client.readGoAway().code == Client.enhanceYourCalm)
  }

  @Test func `Answers pay for rapid cancels: one in five may be at any speed`() throws {
    let server = try TestServer()
    let client = try Client(port: server.port)
    var next = UInt32(1)
    for _ in 0..<60 {
      let answered = (0..<20).map { next + 2 * UInt32($0) }
      let cancelled = (20..<25).map { next + 2 * UInt32($0) }
      next += 50
      try client.send(answered.flatMap { Client.tiny(stream: $0) })
      for stream in answered { #expect(try client.readResponse(stream: stream).text == TestRequest.tinyAnswer) }
      try client.send(cancelled.flatMap { open([$0]) + Client.reset(stream: $0) })
    }
    try roundTrip(client)
    try client.send(Client.tiny(stream: next))
    #expect(try client.readResponse(stream: next).text == TestRequest.tinyAnswer)
  }

  @Test func `A reset behind the head of the answer is free`() throws {
    let server = try TestServer()
    // The answers' content has to wait.
    let client = try Client(port: server.port, settings: [(4, 0)])
    for index in 0..<150 {
      let stream = UInt32(2 * index + 1)
      try client.send(Client.tiny(stream: stream))
      #expect(try client.readHead(stream: stream).status == 200)
      try client.send(Client.reset(stream: stream))
    }
    try roundTrip(client)
    try client.send(Client.tiny(stream: 301))
    #expect(try client.readHead(stream: 301).status == 200)
  }
}
