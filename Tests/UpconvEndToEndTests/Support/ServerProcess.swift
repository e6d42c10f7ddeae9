import Foundation

/// The real program, as a process of its own.
struct Program {
  /// Beside the bundle of tests: `swift build --build-tests` makes both.
  static let url = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("upconv")

  struct Result {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Runs `upconv` to its end.
  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Result {
    try run(url, arguments, environment: environment)
  }

  /// Runs a program to its end.
  /// - Parameter environment: what is set besides this process's own.
  static func run(_ program: URL, _ arguments: [String], environment: [String: String] = [:]) throws -> Result {
    let process = Process()
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
    defer {
      try? FileManager.default.removeItem(at: output)
      try? FileManager.default.removeItem(at: errors)
    }
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }

  /// Finds a program that the tests need; `scripts/test` installs it.
  static func find(_ name: String) throws -> URL {
    for folder in ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"] {
      let url = URL(fileURLWithPath: folder).appendingPathComponent(name)
      if FileManager.default.isExecutableFile(atPath: url.path) { return url }
    }
    throw TestClient.Failure("\(name) is not installed; scripts/test installs what the tests need")
  }
}

/// `upconv serve` as a process, watched from outside; it ends with the object.
final class ServerProcess {
  let process = Process()
  let port: UInt16
  private let output = Pipe()
  /// What it said when it began to serve.
  let greeting: String

  /// - Parameters:
  ///   - descriptorLimit: hard and soft limit of the process, where it is not this one's.
  ///   - shell: a command of the shell that becomes the program, `exec "$0" "$@"` with whatever stands around it.
  init(_ arguments: [String] = [], descriptorLimit: Int? = nil, shell: String? = nil) throws {
    let arguments = ["serve", "--port", "0", "--log-level", "error"] + arguments
    if let shell = shell ?? descriptorLimit.map({ #"ulimit -n \#($0); exec "$0" "$@""# }) {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", shell, Program.url.path] + arguments
    } else {
      process.executableURL = Program.url
      process.arguments = arguments
    }
    process.standardOutput = output
    try process.run()
    var text = ""
    while text.components(separatedBy: "\n").count < 5 {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw TestClient.Failure("the server said only: \(text)") }
      text += String(decoding: data, as: UTF8.self)
    }
    greeting = text
    guard let match = text.firstMatch(of: /:(\d+) \(/), let port = UInt16(match.1) else {
      throw TestClient.Failure("no port in: \(text)")
    }
    self.port = port
  }

  deinit {
    guard process.isRunning else { return }
    // At once: an orderly end waits for the test's connections that rest.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// SIGTERM; answers the exit status.
  @discardableResult
  func terminate() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  func exchange(_ request: [UInt8]) throws -> TestResponse {
    let client = try TestClient(port: port)
    try client.send(request)
    return try client.readResponse()
  }

  private func status(_ name: String) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
    let line = text.components(separatedBy: "\n").first { $0.hasPrefix(name + ":") } ?? ""
    return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? -1
  }

  /// Memory in use now, and at its highest, in MiB.
  var residentMiB: Int { status("VmRSS") / 1024 }
  /// What no file backs, so that the kernel cannot drop it.
  var anonymousKiB: Int { status("RssAnon") }
  var peakResidentMiB: Int { status("VmHWM") / 1024 }

  /// From here on the highest is what was highest since; the start's is not of interest.
  func forgetPeak() throws {
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/\(process.processIdentifier)/clear_refs"))
  }

  var descriptors: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count) ?? -1
  }

  /// Processor time used so far, in seconds.
  var processorSeconds: Double {
    let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)) ?? ""
    let words = text.components(separatedBy: ") ").last?.split(separator: " ") ?? []
    guard words.count > 13, let user = Double(words[11]), let system = Double(words[12]) else { return -1 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Waits until the process computes no longer. Returns false if it first uses 3 s of processor time, which is less
  /// than the work that it is asked about would take; a busy machine stretches the clock, but not this.
  func comesToRest() -> Bool {
    let start = processorSeconds
    while processorSeconds - start < 3 {
      let before = processorSeconds
      usleep(500_000)
      if processorSeconds - before < 0.02 { return true }
    }
    return false
  }

  /// Waits until `condition` holds; false where it does not within `seconds`.
  static func wait(seconds: Double = 10, until condition: () -> Bool) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if condition() { return true }
      usleep(20_000)
    }
    return condition()
  }
}
