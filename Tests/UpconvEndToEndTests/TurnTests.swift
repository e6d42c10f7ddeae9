import Dispatch
import Foundation
import Logging
import Synchronization
import Testing
import UpconvHTTP
import UpconvScheduling
import UpconvTransport

/// Connections with much work share their loop by turns, and others are served between two turns.
@Suite struct TurnTests {
  /// POST takes a millisecond of the loop's time for each byte of content (in HTTP/2, for each piece); GET is answered at
  /// once, and notes how much of that was done before.
  final class GreedyHandler: RequestHandler {
    private struct State {
      var steps = 0
      var stepsAtGet = 0
      var trigger: (atStep: Int, call: @Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var steps: Int { state.withLock { $0.steps } }
    /// Steps that were done when the last GET was read.
    var stepsAtGet: Int { state.withLock { $0.stepsAtGet } }

    /// Calls `body` on the loop, within the step of this number.
    func atStep(_ number: Int, _ body: @escaping @Sendable () -> Void) {
      state.withLock { $0.trigger = (number, body) }
    }

    func begin(_ head: RequestHead, from peer: NetworkAddress) -> Decision {
      if head.method == .post { return .receive(Receiver(self)) }
      state.withLock { $0.stepsAtGet = $0.steps }
      return .respond(Response(status: .ok, content: .bytes([1])))
    }

    func refuse(_ refusal: Refusal, to head: RequestHead?) -> Response { Response(status: .badRequest) }

    private func step() {
      let end = ContinuousClock.now + .milliseconds(1)
      while ContinuousClock.now < end {}
      let call = state.withLock { state -> (@Sendable () -> Void)? in
        state.steps += 1
        guard let trigger = state.trigger, state.steps >= trigger.atStep else { return nil }
        state.trigger = nil
        return trigger.call
      }
      call?()
    }

    private final class Receiver: ContentReceiver {
      let handler: GreedyHandler
      init(_ handler: GreedyHandler) { self.handler = handler }

      func receive(_ bytes: UnsafeRawBufferPointer) -> Response? {
        handler.step()
        return nil
      }

      func receivePart(of bytes: UnsafeRawBufferPointer) -> (taken: Int, answer: Response?) {
        handler.step()
        return (1, nil)
      }

      func end() -> Outcome { .respond(Response(status: .ok, content: .bytes([2]))) }
    }
  }

  /// What a turn of 3 ms has room for, and the step that began before its clock ran.
  private static let stepsPerTurn = 4

  /// A request that is worked on for longer than the test runs.
  private static let greedyStream: [UInt8] = {
    let frame = HTTP2TestClient.data(stream: 1, [UInt8](repeating: 0, count: 2039), endsStream: false)
    return HTTP2TestClient.headers(stream: 1, HTTP2TestClient.postHead, endsStream: false)
      + [[UInt8]](repeating: frame, count: 300).flatMap { $0 }
  }()

  @Test(arguments: [false, true])
  func `A small request waits for two turns at most, however many connections have much to do`(isHTTP2: Bool) throws {
    let handler = GreedyHandler()
    var configuration = ServerConfiguration()
    configuration.port = 0
    configuration.eventLoops = 1
    let server = try Server(
      configuration: configuration, handler: handler, compute: ComputeQueue(width: 1, maxWaiting: 1),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    defer {
      server.stop(grace: .zero)
      server.waitUntilStopped()
    }
    nonisolated(unsafe) let light = try TestClient(port: server.port)
    try light.send(TestRequest.get("/"))
    #expect(try light.readResponse().content == [1])
    let greedy = try (0..<20).map { _ in try TestClient(port: server.port) }
    for client in greedy {
      if isHTTP2 {
        let session = try HTTP2TestClient(client)
        try session.acknowledgeSettings()
        try session.send(TurnTests.greedyStream)
      } else {
        try client.send(TestRequest.post([UInt8](repeating: 0, count: 1000)))
      }
    }
    // By when all of them have much left.
    #expect(ServerProcess.wait { handler.steps > 5 * greedy.count })
    for _ in 0..<5 {
      let start = handler.steps + 7
      let sent = Mutex(0)
      handler.atStep(start) {
        sent.withLock { $0 = handler.steps }
        try? light.send(TestRequest.get("/"))
      }
      #expect(try light.readResponse().content == [1])
      let waited = handler.stepsAtGet - sent.withLock { $0 }
      #expect(waited <= 2 * TurnTests.stepsPerTurn, "\(waited) steps")
    }
    for client in greedy { client.reset() }
  }
}
