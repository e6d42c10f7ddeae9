import Foundation
import Testing

/// What is known to have brought down servers of HTTP/2: each attack ends by itself, others are served meanwhile, and
/// nothing of it stays. docs/reliability.md lists them.
@Suite(.serialized) struct HTTP2AttackTests {
  typealias Client = HTTP2TestClient

  /// What the resets of a burst, and of a second or two, may have opened, and what may be open beside them.
  private let mostStreams: UInt32 = 100 + 20 + 100

  /// Runs an attack several times on a server that also serves somebody else.
  private func attack(
    _ name: String, _ arguments: [String] = [], rounds: Int = 5, maxGrowthMiB: Int = 8,
    _ body: (UInt16) throws -> Void
  ) throws {
    try withoutActuallyEscaping(body) { body in
      try attack([(name, body)], arguments, rounds: rounds, maxGrowthMiB: maxGrowthMiB)
    }
  }

  /// Likewise for several attacks, one after the other.
  private func attack(
    _ attacks: [(name: String, body: (UInt16) throws -> Void)], _ arguments: [String] = [], rounds: Int,
    maxGrowthMiB: Int = 8
  ) throws {
    let server = try ServerProcess(arguments)
    try server.forgetPeak()
    // What a first time costs is not the attack's.
    for (_, body) in attacks { try body(server.port) }
    _ = try server.exchange(TestRequest.tiny)
    // Closed connections linger for two seconds at most.
    sleep(3)
    let (memory, descriptors) = (server.residentMiB, server.descriptors)
    for (name, body) in attacks {
      let bystander = try Bystander(port: server.port)
      // Again and again, until enough was seen of the other client.
      var round = 0
      while round < rounds || (bystander.answered < 100 && round < 1000) {
        try body(server.port)
        round += 1
      }
      let (answered, failures, p99) = bystander.stop()
      #expect(answered >= 100, "\(name)")
      #expect(failures == 0, "\(name)")
      let growth = server.peakResidentMiB - memory
      #expect(growth <= maxGrowthMiB, "\(name): \(memory) MiB before, \(server.peakResidentMiB) MiB at most")
      if ProcessInfo.processInfo.environment["UPCONV_TEST_PRINT_FIGURES"] != nil {
        print("| \(name) | p99 \(p99) ms of \(answered) | \(growth) MiB more at most |")
      }
    }
    #expect(ServerProcess.wait { server.descriptors <= descriptors })
    #expect(server.comesToRest())
  }

  /// Sends frames until the server refuses them, and answers the last stream that it names.
  @discardableResult
  private func flood(
    _ port: UInt16, start: [UInt8] = [], acknowledges: Bool = false, count: Int, _ frames: (Int) -> [UInt8]
  ) throws -> UInt32 {
    let client = try Client(port: port)
    if acknowledges { try client.acknowledgeSettings() }
    try client.send(start)
    let all = (0..<count).flatMap(frames)
    // It may well close before all is sent.
    for piece in stride(from: 0, to: all.count, by: 8192) {
      if (try? client.send(Array(all[piece..<min(piece + 8192, all.count)]))) == nil { break }
    }
    let goAway = try client.readGoAway()
    #expect(goAway.code == Client.enhanceYourCalm)
    return goAway.lastStream
  }

  @Test func `Rapid reset: streams opened and reset at once (CVE-2023-44487)`() throws {
    try attack("rapid reset") { port in
      let last = try flood(port, count: 1000) { index in
        let stream = UInt32(index * 2 + 1)
        return Client.headers(stream: stream, Client.postHead, endsStream: false) + Client.reset(stream: stream)
      }
      #expect(last < 2 * mostStreams)
    }
  }

  @Test func `MadeYouReset: faults that make the server reset (CVE-2025-8671)`() throws {
    let faults: [(String, (UInt32) -> [UInt8])] = [
      ("window overflow", { Client.windowUpdate(stream: $0, 0x7FFF_FFFF) }),
      ("more content than announced", { Client.data(stream: $0, [32, 32], endsStream: false) }),
      ("malformed trailers", { Client.headers(stream: $0, [("X", "1")]) }),
    ]
    try attack("MadeYouReset", rounds: 2) { port in
      for (name, fault) in faults {
        // A client that has not seen the limit of streams may open more: those are refused, at the price of a frame.
        let last = try flood(port, acknowledges: true, count: 1000) { index in
          let stream = UInt32(index * 2 + 1)
          return Client.headers(stream: stream, Client.postHead + [("content-length", "1")], endsStream: false)
            + fault(stream)
        }
        #expect(last < 2 * mostStreams, "\(name)")
      }
    }
  }

  @Test func `CONTINUATION flood: a header section without end (CVE-2024-28182)`() throws {
    let start = Client.headers(stream: 1, Client.head("GET", "/"), endsHeaders: false)
    let pieces = [("of fields", Client.section([("x-a", "b")])), ("of nothing", [])]
    try attack(
      pieces.map { name, piece in
        (
          "CONTINUATION flood \(name)",
          { try flood($0, start: start, count: 2000) { _ in Client.frame(.continuation, stream: 1, piece) } }
        )
      }, rounds: 5)
  }

  @Test func `Floods of frames that lead nowhere (CVE-2019-9512, 9513, 9515, 9518)`() throws {
    let post = Client.headers(stream: 1, Client.postHead, endsStream: false)
    let floods: [(String, [UInt8], [UInt8])] = [
      ("PING", [], Client.frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8])),
      ("SETTINGS", [], Client.settings([(4, 65_535)])),
      ("empty DATA", post, Client.frame(.data, stream: 1)),
      ("DATA of padding", post, Client.frame(.data, flags: 8, stream: 1, [3, 0, 0, 0])),
      ("PRIORITY", [], Client.frame(.priority, stream: 1, [0, 0, 0, 3, 16])),
      ("PRIORITY_UPDATE", [], Client.frame(0x10, [0, 0, 0, 1] + Array("u=1".utf8))),
      ("WINDOW_UPDATE", [], Client.windowUpdate(stream: 0, 1)),
      ("unknown frames", [], Client.frame(0xBE, [1])),
    ]
    try attack(
      floods.map { name, start, frame in
        ("\(name) flood", { try flood($0, start: start, count: 20_000) { _ in frame } })
      }, rounds: 2)
  }

  @Test func `PRIORITY for many streams keeps no tree of them (CVE-2019-9513)`() throws {
    try attack("priority tree", rounds: 3) { port in
      try flood(port, count: 20_000) { index in
        Client.frame(.priority, stream: UInt32(index * 2 + 1), Client.bytes(UInt32(index * 2 + 3)) + [16])
      }
    }
  }

  @Test func `HPACK bomb: one byte each for 4000 (CVE-2016-6581)`() throws {
    let big = String(repeating: "a", count: 4000)
    try attack("HPACK bomb") { port in
      let client = try Client(port: port)
      // Into the shared table: a literal with incremental indexing; it becomes entry 62.
      let insert =
        Client.section(Client.head("GET", "/v2/health/live")) + [0x40] + Client.integer(1, prefixBits: 7)
        + Array("x".utf8) + Client.integer(big.utf8.count, prefixBits: 7) + Array(big.utf8)
      try client.send(Client.frame(.headers, flags: 5, stream: 1, insert))
      #expect(try client.readResponse(stream: 1).status == 200)
      // A little too much is answered, and the connection goes on.
      let head = Client.section(Client.head("GET", "/v2/health/live"))
      try client.send(Client.frame(.headers, flags: 5, stream: 3, head + [UInt8](repeating: 0x80 | 62, count: 20)))
      #expect(try client.readResponse(stream: 3).status == 431)
      // 64 MB out of 16 KB, and would go on.
      let bomb = head + [UInt8](repeating: 0x80 | 62, count: 16_000)
      try client.send(Client.frame(.headers, flags: 1, stream: 5, bomb))
      #expect(try client.readGoAway().code == Client.enhanceYourCalm)
    }
  }

  @Test func `Many small fields are counted, not kept`() throws {
    let small = Client.section(Client.head("GET", "/v2/health/live"))
    // `accept-encoding: gzip, deflate` has a byte of its own in the static table.
    try attack("fields of one byte") { port in
      let client = try Client(port: port)
      try client.send(Client.frame(.headers, flags: 5, stream: 1, small + [UInt8](repeating: 0x80 | 16, count: 1000)))
      #expect(try client.readResponse(stream: 1).status == 431)
      try client.send(Client.tiny(stream: 3))
      #expect(try client.readResponse(stream: 3).text == TestRequest.tinyAnswer)
    }
  }

  @Test func `Window stall: large answers that may not be sent are given up (CVE-2019-9517)`() throws {
    let head = Client.head("POST", "/v1/conv2d_transpose") + [("content-type", "application/vnd.safetensors")]
    // Four tensors of 4 MiB wait for it to open its windows.
    try attack("window stall", ["--idle-timeout", "1"], rounds: 2, maxGrowthMiB: 48) { port in
      let client = try Client(port: port, settings: [(4, 0)])
      try client.acknowledgeSettings()
      for stream in [UInt32(1), 3, 5, 7] {
        try client.send(
          Client.headers(stream: stream, head, endsStream: false)
            + Client.data(stream: stream, SlowReaderTests.large))
        #expect(try client.readHead(stream: stream).status == 200)
      }
      for stream in [UInt32(1), 3, 5, 7] {
        #expect(try client.next { $0.stream == stream && $0.type == .reset }.number(at: 0) == 8)
      }
      #expect(try client.readGoAway().code == 0)
    }
  }

  @Test func `Windows opened by crumbs are an idle flood (CVE-2019-9511)`() throws {
    let head = Client.head("POST", "/v1/conv2d_transpose") + [("content-type", "application/vnd.safetensors")]
    try attack("window crumbs", rounds: 2, maxGrowthMiB: 24) { port in
      let client = try Client(port: port, settings: [(4, 0)])
      try client.acknowledgeSettings()
      try client.send(
        Client.headers(stream: 1, head, endsStream: false) + Client.data(stream: 1, SlowReaderTests.large))
      #expect(try client.readHead(stream: 1).status == 200)
      for _ in 0..<5000 where (try? client.send(Client.windowUpdate(stream: 1, 1))) == nil { break }
      #expect(try client.readGoAway().code == Client.enhanceYourCalm)
    }
  }

  @Test func `Slow read: a client that takes nothing is cut off`() throws {
    let head = Client.head("POST", "/v1/conv2d_transpose") + [("content-type", "application/vnd.safetensors")]
    try attack("slow read", ["--idle-timeout", "1"], rounds: 2, maxGrowthMiB: 48) { port in
      let socket = try TestClient(port: port, receiveBufferBytes: 4096)
      let client = try Client(socket, settings: [(4, 1 << 30)])
      try client.acknowledgeSettings()
      try client.send(Client.windowUpdate(stream: 0, 1 << 30))
      for stream in [UInt32(1), 3, 5, 7] {
        try client.send(
          Client.headers(stream: stream, head, endsStream: false)
            + Client.data(stream: stream, SlowReaderTests.large))
      }
      sleep(4)
      #expect(throws: (any Error).self) { try client.readResponse(stream: 7) }
    }
  }

  @Test func `Who pings and does not read is not listened to for ever`() throws {
    try attack("unread acknowledgements", ["--idle-timeout", "1"], rounds: 2) { port in
      let socket = try TestClient(port: port, receiveBufferBytes: 4096)
      let client = try Client(socket)
      let pings = (0..<100).flatMap { _ in Client.frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8]) }
      let start = Date()
      while Date().timeIntervalSince(start) < 10, (try? client.send(pings)) != nil {}
      #expect(Date().timeIntervalSince(start) < 10)
    }
  }
}
