import Foundation
import Synchronization
import Testing
import UpconvTestSupport

/// SIGTERM while clients go on sending: what the system has accepted for the program is served.
@Suite struct RestartTests {
  @Test func `Connections that wait in the system's queue, and requests nobody has read, are answered`() throws {
    let server = try ServerProcess()
    let resting = try TestClient(port: server.port)
    try resting.send(TestRequest.tiny)
    #expect(try resting.readResponse().text == TestRequest.tinyAnswer)
    // A program that is held takes nothing, while the system shakes hands for it.
    kill(server.process.processIdentifier, SIGSTOP)
    try resting.send(TestRequest.tiny)
    let queued = try (0..<100).map { _ in
      let client = try TestClient(port: server.port)
      try client.send(TestRequest.tiny)
      return client
    }
    server.process.terminate()
    kill(server.process.processIdentifier, SIGCONT)
    for client in [resting] + queued {
      #expect(try client.readResponse().text == TestRequest.tinyAnswer)
      // Who was served before the signal was seen is at rest then, and closed like all others.
      #expect(client.readsEnd())
    }
    server.process.waitUntilExit()
    #expect(server.process.terminationStatus == 0)
  }

  @Test func `For --shutdown-delay it is not ready, but serves whoever comes, and then ends cleanly`() throws {
    let server = try ServerProcess(["--shutdown-delay", "2"])
    let http2 = try HTTP2TestClient(port: server.port)
    try http2.acknowledgeSettings()
    // Ready a moment after it listens: once its folder of models has been looked at.
    #expect(ServerProcess.wait { (try? server.exchange(TestRequest.get("/v2/health/ready")).status) == 200 })
    let start = ContinuousClock.now
    server.process.terminate()
    let isUnready = ServerProcess.wait(seconds: 1) {
      (try? server.exchange(TestRequest.get("/v2/health/ready")).status) == 503
    }
    #expect(isUnready)
    let response = try server.exchange(TestRequest.tiny)
    #expect(response.text == TestRequest.tinyAnswer)
    #expect(response["connection"] == nil)
    try http2.send(HTTP2TestClient.tiny(stream: 1))
    #expect(try http2.readResponse(stream: 1).text == TestRequest.tinyAnswer)
    // RFC 9113 §6.8: the first GOAWAY names no stream yet, the second the last one that was served.
    let first = try http2.readGoAway()
    #expect(first.lastStream == 0x7FFF_FFFF && first.code == 0)
    #expect(ContinuousClock.now - start >= .seconds(2))
    let last = try http2.readGoAway()
    #expect(last.lastStream == 1 && last.code == 0)
    server.process.waitUntilExit()
    #expect(server.process.terminationStatus == 0)
  }

  @Test func `A port is shared by those who ask for it, and by nobody else`() throws {
    let alone = try ServerProcess()
    let second = try Program.run(["serve", "--port", "\(alone.port)", "--reuse-port"])
    #expect(second.status == 1)
    #expect(second.errors.contains("cannot listen on 127.0.0.1, port \(alone.port)"))
  }

  @Test func `Restarts under load, of two processes on one port, lose no request`() throws {
    var server = try ServerProcess(["--reuse-port"])
    let port = server.port
    let load = [
      Load(port: port) { try Load.newConnection(port: $0) }, Load(port: port) { try Load.newConnection(port: $0) },
      Load(port: port) { try Load.keptConnection(port: $0) }, Load(port: port) { try Load.http2(port: $0) },
    ]
    for _ in 0..<3 {
      let before = load.map(\.answered)
      let successor = try ServerProcess(["--reuse-port", "--port", "\(port)"])
      #expect(server.terminate() == 0)
      server = successor
      #expect(ServerProcess.wait { zip(load, before).allSatisfy { $0.answered > $1 + 50 } })
    }
    let results = load.map { $0.stop() }
    #expect(results.flatMap { $0.losses }.isEmpty)
    if ProcessInfo.processInfo.environment["UPCONV_PRINT_FIGURES"] != nil {
      print("restarts: answered", results.map { $0.answered })
    }
  }

  /// A folder whose models take a debug build about a second, the one named `z` last.
  private func manyModels() throws -> ModelFolder {
    let folder = try ModelFolder()
    for index in 0..<100 { try folder.write("m\(index)/1", weight: 2, image: [nil, nil, 64]) }
    try folder.write("z/1", weight: 2)
    return folder
  }

  @Test func `A new process on a shared port takes no connection before its models are loaded`() throws {
    let folder = try manyModels()
    let arguments = ["--reuse-port", "--models", folder.path]
    var server = try ServerProcess(arguments)
    let port = server.port
    let content = #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1,1,1],"data":[3]}]}"#
    let request = TestRequest.post(Array(content.utf8), path: "/v2/models/z/infer")
    let load = Load(port: port) { port in
      let client = try TestClient(port: port)
      try client.send(request)
      let response = try client.readResponse()
      guard response.status == 200 else { throw TestClient.Failure("\(response)") }
      return 1
    }
    for _ in 0..<2 {
      let successor = try ServerProcess(arguments + ["--port", "\(port)"])
      let before = load.answered
      #expect(ServerProcess.wait { load.answered > before + 20 })
      #expect(server.terminate() == 0)
      server = successor
    }
    let (answered, losses) = load.stop()
    #expect(losses.isEmpty)
    #expect(answered > 40)
  }

  @Test func `A process that still loads its models ends at SIGTERM`() throws {
    let folder = try manyModels()
    let process = Process()
    process.executableURL = Program.url
    process.arguments = ["serve", "--port", "0", "--reuse-port", "--models", folder.path, "--log-level", "error"]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    // From here on SIGTERM waits for the program (bit 14 of those blocked).
    let blocksSignals = ServerProcess.wait {
      let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
      let line = status.components(separatedBy: "\n").first { $0.hasPrefix("SigBlk:") } ?? ""
      let set = UInt64(line.dropFirst("SigBlk:".count).trimmingCharacters(in: .whitespaces), radix: 16) ?? 0
      return set & 1 << 14 != 0
    }
    #expect(blocksSignals)
    process.terminate()
    #expect(ServerProcess.wait { !process.isRunning })
    #expect(process.terminationStatus == 0)
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  @Test func `With --strict-readiness a model that cannot be loaded keeps a new process off the shared port`() throws {
    let folder = try ModelFolder()
    try folder.write("sound/1", weight: 2)
    try folder.write("broken/1/model.json", "{")
    let arguments = ["serve", "--port", "0", "--reuse-port", "--strict-readiness", "--models", folder.path]
    let result = try Program.run(arguments)
    #expect(result.status == 1)
    #expect(result.errors.contains("upconv: broken could not be loaded"))
    #expect(result.output.isEmpty)
  }
}

/// Requests that one thread sends, one after another, until it is stopped.
private final class Load: Sendable {
  private let state = Mutex((answered: 0, losses: [String](), isStopped: false))
  private let done = DispatchSemaphore(value: 0)

  /// - Parameter send: sends a few and answers how many were answered rightly; throws where one was lost.
  init(port: UInt16, _ send: @escaping @Sendable (UInt16) throws -> Int) {
    Thread.detachNewThread { [self] in
      while !state.withLock({ $0.isStopped }) {
        do {
          let count = try send(port)
          state.withLock { $0.answered += count }
        } catch {
          state.withLock {
            $0.losses.append("\(error)")
            $0.isStopped = $0.losses.count > 20
          }
        }
      }
      done.signal()
    }
  }

  var answered: Int { state.withLock { $0.answered } }

  func stop() -> (answered: Int, losses: [String]) {
    state.withLock { $0.isStopped = true }
    done.wait()
    return state.withLock { ($0.answered, $0.losses) }
  }

  private static func check(_ response: TestResponse) throws {
    guard response.text == TestRequest.tinyAnswer else { throw TestClient.Failure("\(response)") }
  }

  static func newConnection(port: UInt16) throws -> Int {
    let client = try TestClient(port: port)
    try client.send(TestRequest.tiny)
    try check(try client.readResponse())
    return 1
  }

  /// Goes on until the server says that an answer is the last, at most for 200 requests.
  static func keptConnection(port: UInt16) throws -> Int {
    let client = try TestClient(port: port)
    for count in 1...200 {
      try client.send(TestRequest.tiny)
      let response = try client.readResponse()
      try check(response)
      if response["connection"] == "close" { return count }
    }
    return 200
  }

  /// Four streams at a time. Those that the last GOAWAY leaves out were not begun, and may be sent again.
  static func http2(port: UInt16) throws -> Int {
    let http2 = try HTTP2TestClient(port: port)
    try http2.acknowledgeSettings()
    var answered = 0
    for round in 0..<50 {
      let streams = (0..<4).map { UInt32(8 * round + 2 * $0 + 1) }
      do {
        try http2.send(streams.flatMap { HTTP2TestClient.tiny(stream: $0) })
        for stream in streams {
          try check(try http2.readResponse(stream: stream))
          answered += 1
        }
      } catch let failure as TestClient.Failure {
        var last = UInt32.max
        while let goAway = try? http2.readGoAway() { last = goAway.lastStream }
        guard UInt32(8 * round + 2 * (answered % 4) + 1) > last else { throw failure }
        return answered
      }
    }
    return answered
  }
}
