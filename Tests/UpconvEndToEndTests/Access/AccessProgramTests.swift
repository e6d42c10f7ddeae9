import Foundation
import Synchronization
import Testing
import UpconvAccess
import UpconvDigest

/// The program's flags for access, and SIGHUP.
@Suite struct AccessProgramTests {
  @Test func `upconv token makes a token and the line for it`() throws {
    let result = try Program.run(["token", "alice", "--role", "infer", "--role", "observe"])
    #expect(result.status == 0)
    let token = result.errors.trimmingCharacters(in: .newlines)
    let digest = SHA256Digest(of: Array(token.utf8))
    #expect(result.output == "\(digest.hexadecimal) alice infer,observe\n")
    #expect(try TokenTable(result.output).token(with: digest)?.name == "alice")
    for (arguments, sentence) in [
      (["token", "a b"], "the name is a b, but must be"),
      (["token", "a", "--role", "root"], "--role is root, but must"),
    ] {
      let wrong = try Program.run(arguments)
      #expect(wrong.status == 64)
      #expect(wrong.errors.contains(sentence))
    }
  }

  @Test func `A file of tokens that is not sound, or that others may read, stops the start with one sentence`() throws {
    let folder = try TokenFolder(["a": Roles(.infer)])
    func errors(_ text: String, mode: Int = 0o600) throws -> String {
      try folder.write(text, mode: mode)
      let result = try Program.run(["serve", "--port", "0", "--tokens", folder.path])
      #expect(result.status == 1)
      #expect(result.output == "")
      return result.errors
    }
    let line = AccessToken(digest: SHA256Digest(of: [1]), name: "a", roles: Roles(.infer)).line + "\n"
    let start = "upconv: the file of tokens, \(folder.path): "
    let origin = " (--tokens: flag)\n"
    #expect(
      try errors(line, mode: 0o644) == start
        + "its mode is 0644, but only its owner may write it and no other user may read it: chmod 600 (or 640)" + origin
    )
    #expect(try errors("") == start + "it has no tokens, so that nobody could do anything" + origin)
    #expect(
      try errors("my-secret a infer\n") == start
        + "line 1 must begin with the token's SHA-256 digest, 64 hexadecimal digits (never the token itself)" + origin)
    let missing = try Program.run(["serve", "--port", "0", "--tokens", "/nowhere/tokens"])
    let reason = "it cannot be read: No such file or directory"
    #expect(missing.errors == "upconv: the file of tokens, /nowhere/tokens: \(reason)" + origin)
  }

  @Test func `A flag that is wrong stops the start with its rule`() throws {
    for (arguments, sentence) in [
      (["--rate-limit-per-address", "fast"], "--rate-limit-per-address is fast, but must be COUNT[/s|/m|/h][:BURST]"),
      (["--rate-limit-per-token", "5"], "--rate-limit-per-token needs --tokens"),
      (["--cors-origin", "*"], "--cors-origin is *, but must be as browsers write it"),
      (["--cors-origin", "https://a/"], "--cors-origin is https://a/, but"),
    ] {
      let result = try Program.run(["serve"] + arguments)
      #expect(result.status == 64)
      #expect(result.errors.contains(sentence), "\(result.errors)")
    }
  }

  @Test func `SIGHUP takes new tokens and forgets old ones, while requests go on`() throws {
    let folder = try TokenFolder(["stays": Roles(.infer), "goes": Roles(.infer)])
    let server = try ServerProcess(["--tokens", folder.path])
    func status(_ token: String) throws -> Int {
      try server.exchange(TestRequest.get("/v2", fields: [TestRequest.bearer(token)])).status
    }
    #expect(try [status("stays"), status("goes"), status("comes")] == [200, 200, 401])
    let load = try LoadWithToken("stays", port: server.port)
    for round in 0..<20 {
      try folder.write(["stays": Roles(.infer), "comes\(round)": Roles(.infer)])
      kill(server.process.processIdentifier, SIGHUP)
      #expect(ServerProcess.wait { (try? status("comes\(round)")) == 200 }, "\(round)")
      #expect(try status("goes") == 401)
      // Not to be taken: what was there stays.
      try folder.write("nonsense\n")
      kill(server.process.processIdentifier, SIGHUP)
      #expect(try status("comes\(round)") == 200)
    }
    let (answered, failures) = load.stop()
    #expect(answered > 20)
    #expect(failures == 0)
    #expect(try status("comes19") == 200)
    #expect(server.terminate() == 0)
  }

  @Test func `A file that is not taken at SIGHUP is told of in one line of the log`() throws {
    let folder = try TokenFolder(["a": Roles(.infer)])
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
    defer { try? FileManager.default.removeItem(at: errors) }
    let (process, _) = try start(["--tokens", folder.path], errors: errors)
    defer { stop(process) }
    func log() -> String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
    try folder.write("nonsense\n")
    kill(process.processIdentifier, SIGHUP)
    #expect(ServerProcess.wait { log().contains("not taken") })
    #expect(log().contains("the file of tokens was not taken, the tokens from before stay: line 1 must be a digest"))
    try folder.write(["b": Roles(.infer)])
    kill(process.processIdentifier, SIGHUP)
    #expect(ServerProcess.wait { log().contains("the file of tokens was read again tokens=1") })
    #expect(log().split(separator: "\n").count { $0.contains("the file of tokens") } == 2)
  }

  @Test func `Who listens to more than loopback without tokens is warned, and says so at the start`() throws {
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: errors) }
    let folder = try TokenFolder(["a": Roles(.infer)])
    for (arguments, reach, isWarned) in [
      ([], "(loopback only)", false), (["--address", "127.9.9.9"], "(loopback only)", false),
      (["--address", "0.0.0.0"], "(open to the network, without tokens)", true),
      (["--address", "0.0.0.0", "--tokens", folder.path], "(open to the network)", false),
    ] {
      _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
      let (process, greeting) = try start(arguments, errors: errors)
      stop(process)
      #expect(greeting.contains(reach), "\(greeting)")
      let log = try String(contentsOf: errors, encoding: .utf8)
      #expect(log.contains("warning upconv: whoever reaches this address may use the service") == isWarned, "\(log)")
    }
  }

  @Test(arguments: ["text", "json"])
  func `A path makes no line of its own in the log, a name of a token stands there, and 501 is no warning`(
    format: String
  ) throws {
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
    defer { try? FileManager.default.removeItem(at: errors) }
    let folder = try TokenFolder(["prometheus": Roles(.infer)])
    let (process, greeting) = try start(
      ["--tokens", folder.path, "--log-requests", "all", "--log-format", format], errors: errors)
    let port = try #require(greeting.firstMatch(of: /:(\d+) \(/).flatMap { UInt16($0.1) })
    let client = try TestClient(port: port)
    let bearer = TestRequest.bearer("prometheus")
    try client.send(TestRequest.get("/a%0d%0aFORGED%1b%5b2J%e2%80%a8", fields: [bearer]))
    #expect(try client.readResponse().status == 404)
    try client.send("BREW / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.readResponse().status == 501)
    stop(process)
    let log = try String(contentsOf: errors, encoding: .utf8)
    #expect(log.utf8.allSatisfy { 0x20...0x7E ~= $0 || $0 == 10 })
    let lines = log.split(separator: "\n").filter { $0.contains("request") }
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0.contains("info") && !$0.contains("warning") })
    #expect(lines[0].contains("FORGED") && lines[0].contains("prometheus"))
    #expect(!log.contains("Bearer"))
  }

  @Test func `By default a method that is not known writes nothing`() throws {
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
    defer { try? FileManager.default.removeItem(at: errors) }
    let (process, greeting) = try start([], errors: errors)
    let port = try #require(greeting.firstMatch(of: /:(\d+) \(/).flatMap { UInt16($0.1) })
    let client = try TestClient(port: port)
    try client.send("BREW / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.readResponse().status == 501)
    stop(process)
    #expect(try !String(contentsOf: errors, encoding: .utf8).contains("request"))
  }

  /// The program with its log in a file, and what it said when it began to serve.
  private func start(_ arguments: [String], errors: URL) throws -> (Process, greeting: String) {
    let process = Process()
    let output = Pipe()
    process.executableURL = Program.url
    process.arguments = ["serve", "--port", "0"] + arguments
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    var text = ""
    while text.components(separatedBy: "\n").count < 4 {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw TestClient.Failure("the server said only: \(text)") }
      text += String(decoding: data, as: UTF8.self)
    }
    return (process, text)
  }

  private func stop(_ process: Process) {
    process.terminate()
    process.waitUntilExit()
  }
}

/// A client that goes on with requests by one token.
private final class LoadWithToken: Sendable {
  private struct State {
    var answered = 0
    var failures = 0
    var isStopped = false
  }

  private let state = Mutex(State())
  private let done = DispatchSemaphore(value: 0)

  init(_ token: String, port: UInt16) throws {
    nonisolated(unsafe) let client = try TestClient(port: port)  // used by the thread below alone
    let request = TestRequest.get("/v2", fields: [TestRequest.bearer(token)])
    Thread.detachNewThread { [self] in
      while !state.withLock({ $0.isStopped }) {
        let isRight = (try? client.send(request)) != nil && (try? client.readResponse().status) == 200
        state.withLock { if isRight { $0.answered += 1 } else { $0.failures += 1 } }
        if !isRight { break }
      }
      done.signal()
    }
  }

  func stop() -> (answered: Int, failures: Int) {
    state.withLock { $0.isStopped = true }
    done.wait()
    return state.withLock { ($0.answered, $0.failures) }
  }
}
