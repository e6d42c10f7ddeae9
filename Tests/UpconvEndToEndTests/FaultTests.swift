import Foundation
import Testing
import UpconvTestSupport

/// What a machine does to a program: kills it, fills its disks, takes processors away, sets the clock.
@Suite struct FaultTests {
  @Test func `SIGKILL at any moment leaves nothing behind, and the next start serves on the same port`() throws {
    let models = try ModelFolder()
    try models.write("scale/1", weight: 2)
    let before = try files(in: models.url)
    var port: UInt16 = 0
    for milliseconds in [0, 3, 30, 150, 300] as [UInt32] {
      let server = try ServerProcess(["--models", models.path, "--port", "\(port)"])
      port = server.port
      let bystander = try Bystander(port: port)
      usleep(1000 * milliseconds)
      #expect(writtenFiles(of: server.process.processIdentifier) == [])
      kill(server.process.processIdentifier, SIGKILL)
      server.process.waitUntilExit()
      _ = bystander.stop()
      #expect(try files(in: models.url) == before)
    }
    let server = try ServerProcess(["--models", models.path, "--port", "\(port)"])
    #expect(try server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer)
    #expect(ServerProcess.wait { (try? server.exchange(TestRequest.get("/v2/models/scale/ready")).status) == 200 })
  }

  @Test(arguments: ["text", "json"])
  func `Where the log's disk is full, requests are answered and the lost lines counted`(format: String) throws {
    let server = try ServerProcess(
      ["--log-requests", "all", "--log-level", "info", "--log-format", format], shell: #"exec "$0" "$@" 2>/dev/full"#)
    let client = try TestClient(port: server.port)
    for _ in 0..<100 {
      try client.send(TestRequest.tiny)
      #expect(try client.readResponse().text == TestRequest.tinyAnswer)
    }
    // They are written by a thread of its own, soon.
    #expect(ServerProcess.wait { (try? lostLines(server)) ?? 0 >= 100 })
    #expect(server.terminate() == 0)
  }

  private func lostLines(_ server: ServerProcess) throws -> Int {
    let metrics = try server.exchange(TestRequest.get("/metrics")).text
    return try #require(metrics.firstMatch(of: /upconv_log_lines_lost_total (\d+)/).flatMap { Int($0.1) })
  }

  @Test(.timeLimit(.minutes(5)), arguments: ["text", "json"])
  func `A log that nobody reads stops nothing: requests, health, SIGTERM`(format: String) throws {
    // A pipe that a sleeping process holds open. It has room for 64 KiB, and the queue before it for 1 MiB.
    let server = try ServerProcess(
      ["--log-requests", "all", "--log-level", "info", "--log-format", format],
      shell: #"f=$(mktemp -u); mkfifo "$f"; sleep 20 <"$f" >/dev/null & exec "$0" "$@" 2>"$f""#)
    let client = try TestClient(port: server.port)
    let path = "/" + String(repeating: "p", count: 4000)
    for _ in 0..<500 {
      try client.send(TestRequest.get(path))
      #expect(try client.readResponse().status == 404)
    }
    #expect(try server.exchange(TestRequest.get("/v2/health/ready")).status == 200)
    #expect(try lostLines(server) > 100)
    #expect(server.terminate() == 0)
  }

  @Test func `The reader of the log goes away, and the server lives on`() throws {
    let server = try ServerProcess(
      ["--log-requests", "all", "--log-level", "info"],
      shell: #"f=$(mktemp -u); mkfifo "$f"; true <"$f" & exec "$0" "$@" 2>"$f""#)
    for _ in 0..<20 { #expect(try server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer) }
    #expect(ServerProcess.wait { (try? lostLines(server)) ?? 0 > 0 })
    #expect(server.terminate() == 0)
  }

  @Test func `Started without standard streams, it writes no log into a connection`() throws {
    let port = try ServerProcess().port
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", #"exec "$0" serve --port "$1" --log-requests all <&- >&- 2>&-"#, Program.url.path, "\(port)",
    ]
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    func answer() throws -> String {
      let client = try TestClient(port: port)
      try client.send(TestRequest.tiny)
      return try client.readResponse().text
    }
    #expect(ServerProcess.wait { (try? answer()) == TestRequest.tinyAnswer })
    for _ in 0..<20 { #expect(try answer() == TestRequest.tinyAnswer) }
    // The three streams are no sockets.
    for stream in 0...2 {
      let target = try FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/\(process.processIdentifier)/fd/\(stream)")
      #expect(target == "/dev/null")
    }
  }

  @Test func `Where nobody can be greeted, it serves all the same`() throws {
    // The port of a server that is gone: the greeting that would tell it is lost.
    let port = try ServerProcess().port
    let process = Process()
    process.executableURL = Program.url
    process.arguments = ["serve", "--port", "\(port)"]
    let full = try FileHandle(forUpdating: URL(fileURLWithPath: "/dev/full"))
    process.standardOutput = full
    process.standardError = full
    try process.run()
    var answer: String?
    _ = ServerProcess.wait {
      answer = try? {
        let client = try TestClient(port: port)
        try client.send(TestRequest.tiny)
        return try client.readResponse().text
      }()
      return answer != nil
    }
    #expect(answer == TestRequest.tinyAnswer)
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func `With processors taken away and given back while it runs, everybody is answered`() throws {
    let server = try ServerProcess(["--threads", "4"])
    let bystander = try Bystander(port: server.port)
    let taskset = try Program.find("taskset")
    let all = try Program.run(taskset, ["-p", "\(getpid())"]).output.split(separator: " ").last
    let allowed = try #require(all).trimmingCharacters(in: .whitespacesAndNewlines)
    let mask = try #require(UInt64(allowed.suffix(16), radix: 16))
    let one = String(mask & (~mask + 1), radix: 16)
    let image =
      [UInt8](
        #"{"input":{"shape":[1,64,64,16],"data":[\#(repeatElement("1", count: 65_536).joined(separator: ","))]},"#.utf8)
      + Array(
        #""filters":{"shape":[1,1,1,16],"data":[\#(repeatElement("1", count: 16).joined(separator: ","))]}}"#.utf8)
    for mask in [one, allowed, one] {
      let result = try Program.run(taskset, ["-a", "-p", mask, "\(server.process.processIdentifier)"])
      try #require(result.status == 0, "\(result.errors)")
      for _ in 0..<3 {
        let tensor = try #require(try server.exchange(TestRequest.post(image)).tensor)
        #expect(tensor.shape == [1, 64, 64, 1])
        #expect(tensor.data.allSatisfy { $0 == 16 })
      }
    }
    #expect(bystander.stop().failures == 0)
    #expect(server.terminate() == 0)
  }

  @Test func `A clock that jumps moves no deadline, only what is told of the time`() throws {
    let time = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: time) }
    func setClock(_ offset: String) throws { try Data("\(offset)\n".utf8).write(to: time, options: .atomic) }
    try setClock("+0d")
    let library = try #require(
      ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/faketime/libfaketimeMT.so.1" }
        .first { FileManager.default.fileExists(atPath: $0) })
    // By `env`: the library sets a variable where it is first loaded, and Swift would not find its arguments behind it.
    // The monotonic clocks are left alone, as they are by whoever sets a machine's clock.
    let server = try ServerProcess(
      ["--idle-timeout", "5", "--head-timeout", "5", "--request-timeout", "5"],
      shell: "export LD_PRELOAD=\(library) FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_NO_CACHE=1"
        + " FAKETIME_TIMESTAMP_FILE=\(time.path)" + #"; exec env "$0" "$@""#)
    func year() throws -> Int {
      let date = try #require(try server.exchange(TestRequest.get("/v2/health/live"))["date"])
      return try #require(date.split(separator: " ").compactMap { Int($0) }.first { $0 > 1000 })
    }
    let resting = try TestClient(port: server.port)
    let half = try TestClient(port: server.port)
    try half.send(TestRequest.tiny.prefix(50))
    let now = try year()
    for offset in ["+4000d", "-4000d"] {
      try setClock(offset)
      #expect(ServerProcess.wait(seconds: 3) { (try? abs(year() - now)) ?? 0 >= 9 })
      try resting.send(TestRequest.tiny)
      #expect(try resting.readResponse().text == TestRequest.tinyAnswer)
    }
    try half.send(TestRequest.tiny.dropFirst(50))
    #expect(try half.readResponse().text == TestRequest.tinyAnswer)
    #expect(server.terminate() == 0)
  }

  /// Paths, sizes and times of change of all that stands in a folder.
  private func files(in folder: URL) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted().map { path in
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.appendingPathComponent(path).path)
      return "\(path) \(attributes[.size] ?? "") \(attributes[.modificationDate] ?? "")"
    }
  }

  /// Regular files that a process has open for writing.
  private func writtenFiles(of process: Int32) -> [String] {
    let folder = "/proc/\(process)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { Int($0) ?? 0 > 2 }.compactMap { name in
      var status = stat()
      guard stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      guard let information = try? String(contentsOfFile: "/proc/\(process)/fdinfo/\(name)", encoding: .utf8),
        let flags = information.firstMatch(of: /flags:\s*([0-7]+)/).flatMap({ Int($0.1, radix: 8) }),
        flags & 3 != 0
      else { return nil }
      return try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
    }
  }
}
