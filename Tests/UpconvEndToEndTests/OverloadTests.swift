import Dispatch
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
    static func serve(_ handler: GatedHandler, maxWaiting: Int, maxConnections: Int = 100) throws -> Server {
      var configuration = ServerConfiguration()
      configuration.port = 0
      configuration.eventLoops = 1
      configuration.maxConnections = maxConnections
      return try Server(
        configuration: configuration, handler: handler, compute: ComputeQueue(width: 1, maxWaiting: maxWaiting),
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
}
