import Dispatch
import Foundation
import Logging
import Testing
import UpconvHTTP
import UpconvScheduling
import UpconvTransport

/// What waits is bounded, and whoever is too many is told so at once.
@Suite struct OverloadTests {
  /// Answers POST by a job that waits for the test to open a gate, and GET at once.
  final class GatedHandler: RequestHandler {
    let running = DispatchSemaphore(value: 0)
    let gate = DispatchSemaphore(value: 0)

    func begin(_ head: RequestHead, from peer: NetworkAddress) -> Decision {
      head.method == .post ? .receive(Receiver(self)) : .respond(Response(status: .ok, content: .bytes([1])))
    }

    func isHealthProbe(_ head: RequestHead) -> Bool {
      head.target == .resource(ResourcePath(segments: ["live"]))
    }

    func refuse(_ refusal: Refusal, to head: RequestHead?) -> Response {
      if case .overloaded = refusal { Response(status: .serviceUnavailable) } else { Response(status: .badRequest) }
    }

    /// On one loop and one thread, beside which so many may wait.
    static func serve(
      _ handler: GatedHandler, maxWaiting: Int, maxConnections: Int = 100, maxWait: Duration = .seconds(30),
      patience: Duration = .seconds(2)
    ) throws -> Server {
      var configuration = ServerConfiguration()
      configuration.port = 0
      configuration.eventLoops = 1
      configuration.maxConnections = maxConnections
      return try Server(
        configuration: configuration, handler: handler,
        compute: ComputeQueue(width: 1, maxWaiting: maxWaiting, maxWait: maxWait, patience: patience),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private final class Receiver: ContentReceiver {
      let handler: GatedHandler
      init(_ handler: GatedHandler) { self.handler = handler }
      func receive(_ bytes: UnsafeRawBufferPointer) -> Response? { nil }
      func end() -> Outcome {
        .compute(
          Job { [handler] _ in
            handler.running.signal()
            handler.gate.wait()
            return Response(status: .ok, content: .bytes([2]))
          })
      }
    }
  }

  @Test func `More work than may wait is answered 503 at once, and what needs no thread is served on`() throws {
    let handler = GatedHandler()
    let server = try GatedHandler.serve(handler, maxWaiting: 1)
    defer {
      server.stop(grace: .seconds(5))
      server.waitUntilStopped()
    }
    let clients = try (0..<4).map { _ in try TestClient(port: server.port) }
    try clients[0].send(TestRequest.post([]))
    handler.running.wait()
    // One event loop takes these in the order of sending: the second waits for the thread, the third finds no room.
    try clients[1].send(TestRequest.post([]))
    try clients[3].send(TestRequest.get("/"))
    #expect(try clients[3].readResponse().content == [1])
    try clients[2].send(TestRequest.post([]))
    #expect(try clients[2].readResponse().status == 503)
    try clients[3].send(TestRequest.get("/"))
    #expect(try clients[3].readResponse().content == [1])
    // What was accepted is answered, in its turn.
    handler.gate.signal()
    #expect(try clients[0].readResponse().content == [2])
    handler.gate.signal()
    #expect(try clients[1].readResponse().content == [2])
    // The one that was refused may try again on the same connection.
    handler.gate.signal()
    try clients[2].send(TestRequest.post([]))
    #expect(try clients[2].readResponse().content == [2])
  }

  @Test func `Large content that would find no place in the queue is refused before it is sent`() throws {
    let handler = GatedHandler()
    let server = try GatedHandler.serve(handler, maxWaiting: 0)
    defer {
      server.stop(grace: .seconds(5))
      server.waitUntilStopped()
    }
    let first = try TestClient(port: server.port)
    try first.send(TestRequest.post([]))
    handler.running.wait()
    for fields in ["", "Expect: 100-continue\r\n"] {
      let second = try TestClient(port: server.port)
      try second.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\(fields)\r\n")
      #expect(try second.readResponse().status == 503)
      #expect(second.readsEnd())
    }
    let stream = try HTTP2TestClient(port: server.port)
    let head = HTTP2TestClient.head("POST", "/") + [("content-length", "1000000")]
    try stream.send(HTTP2TestClient.headers(stream: 1, head, endsStream: false))
    #expect(try stream.readHead(stream: 1).status == 503)
    handler.gate.signal()
    #expect(try first.readResponse().content == [2])
  }

  @Test(arguments: ["of a length", "in chunks", "HTTP/2"])
  func `Large contents that come at once are refused where those being read will take too long`(
    _ kind: String
  ) throws {
    let handler = GatedHandler()
    let server = try GatedHandler.serve(handler, maxWaiting: 1000, maxWait: .seconds(1), patience: .seconds(600))
    defer {
      server.stop(grace: .seconds(5))
      server.waitUntilStopped()
    }
    // Such content takes 200 ms at least from here on: 750 ms hold three, behind one that begins at once.
    let size = 100_000
    let first = try TestClient(port: server.port)
    try first.send(TestRequest.post([UInt8](repeating: 0, count: size), path: "/"))
    handler.running.wait()
    usleep(200_000)
    handler.gate.signal()
    #expect(try first.readResponse().content == [2])

    var taken: [TestClient] = []
    var refused = 0
    for _ in 0..<12 {
      let client = try TestClient(port: server.port)
      switch kind {
      case "of a length":
        // 100 (Continue) is the server's leave to send; a refusal comes on the head alone.
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\nExpect: 100-continue\r\n\r\n")
        let answer = try client.readResponse()
        #expect([100, 503].contains(answer.status))
        if answer.status == 503 { refused += 1 } else { taken.append(client) }
      case "in chunks":
        // Announced as twice as much when 64 KiB have come.
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n")
        try client.send([UInt8](repeating: 0, count: 0x10000) + [13, 10])
        // A refusal waits for the next look at the deadlines, as the end of the chunks might come before it.
        if ServerProcess.wait(seconds: 1, until: { client.hasBytes }) { refused += 1 } else { taken.append(client) }
      default:
        let stream = try HTTP2TestClient(client)
        let head = HTTP2TestClient.head("POST", "/") + [("content-length", "\(size)")]
        try stream.send(HTTP2TestClient.headers(stream: 1, head, endsStream: false))
        // A ping is answered before anything else; the second after what the first found waiting.
        let ping = HTTP2TestClient.frame(.ping, [UInt8](repeating: 0, count: 8))
        try stream.send(ping)
        _ = try stream.next { $0.type == .ping }
        try stream.send(ping)
        let frame = try stream.next { $0.type == .headers || $0.type == .ping }
        if frame.type == .headers { refused += 1 } else { taken.append(client) }
      }
    }
    // Two at least: one begins at once, and as many may wait as there are workers.
    #expect(2...4 ~= taken.count)
    #expect(taken.count + refused == 12)
    // Those that leave make room.
    taken = []
    let isTaken = ServerProcess.wait {
      guard let client = try? TestClient(port: server.port) else { return false }
      try? client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\nExpect: 100-continue\r\n\r\n")
      return (try? client.readResponse().status) == 100
    }
    #expect(isTaken)
  }
}
