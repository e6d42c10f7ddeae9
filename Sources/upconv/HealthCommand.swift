import ArgumentParser
import FoundationEssentials
import Glibc

/// `upconv health`: asks a server how it is, for containers that have no curl.
struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Ask a running server whether it is ready; exit 0 if so, else 1.",
    discussion: """
      Without --address and --port it asks where the same environment would have upconv serve listen: UPCONV_ADDRESS, \
      UPCONV_PORT, UPCONV_CONFIG. So a container's health check needs no flags.
      """)

  @Option(help: "Numeric address of the server. By default as upconv serve has it, 127.0.0.1 for 0.0.0.0.")
  var address: String?

  @Option(help: "Its port. By default as upconv serve has it.")
  var port: UInt16?

  @Flag(help: "Ask only whether it is alive.")
  var live = false

  @Option(help: "Seconds to wait for an answer.")
  var timeout = 2

  func validate() throws {
    try LimitOptions.check("--timeout", timeout, 1...3600)
  }

  func run() throws {
    let (address, port): (String, UInt16)
    do { (address, port) = try serverPlace() } catch {
      throw CommandFailure("\(error)")
    }
    let path = live ? "/v2/health/live" : "/v2/health/ready"
    do throws(HealthError) {
      let status = try HealthCommand.status(of: path, address, port, timeoutSeconds: timeout)
      guard status == "200" else { throw .status(status) }
    } catch {
      throw CommandFailure("\(address) port \(port): \(error)")
    }
  }

  /// What was given here, else what the environment and its file tell `upconv serve`.
  private func serverPlace() throws -> (address: String, port: UInt16) {
    if let address, let port { return (address, port) }
    let environment = ProcessInfo.processInfo.environment
    let settings = try ServeSettings(Setting.declared(), arguments: [], environment: environment)
    let text = settings.value(of: "port") ?? ""
    guard let place = port ?? UInt16(text), place > 0 else {
      throw StartError(sentence: "the server's port is \(text) (\(settings.origin(of: "port"))): say which with --port")
    }
    return (address ?? HealthCommand.reachable(settings.value(of: "address") ?? ""), place)
  }

  /// Where a server that listens everywhere can be asked from its own machine.
  private static func reachable(_ address: String) -> String {
    switch address {
    case "0.0.0.0": "127.0.0.1"
    case "::": "::1"
    default: address
    }
  }

  private enum HealthError: Error, CustomStringConvertible {
    case notAnAddress
    case system(String)
    case noAnswer
    case status(String)

    var description: String {
      switch self {
      case .notAnAddress: "not a numeric address"
      case .system(let reason): reason
      case .noAnswer: "the answer is no HTTP"
      case .status(let status): "answered \(status)"
      }
    }
  }

  /// The status code of a GET, as digits.
  private static func status(
    of path: String, _ address: String, _ port: UInt16, timeoutSeconds: Int
  ) throws(HealthError) -> String {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, "\(port)", &hints, &found) == 0, let found else { throw .notAnAddress }
    defer { freeaddrinfo(found) }
    let socket = socket(found.pointee.ai_family, found.pointee.ai_socktype, found.pointee.ai_protocol)
    guard socket >= 0 else { throw .system(String(cString: strerror(errno))) }
    defer { close(socket) }
    var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
    guard connect(socket, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
      throw .system(String(cString: strerror(errno)))
    }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
      throw .system(String(cString: strerror(errno)))
    }
    var answer: [UInt8] = []
    var window = [UInt8](repeating: 0, count: 1024)
    while answer.count < 12 {
      let count = recv(socket, &window, window.count, 0)
      guard count > 0 else { throw count == 0 ? .noAnswer : .system(String(cString: strerror(errno))) }
      answer += window.prefix(count)
    }
    let line = String(decoding: answer.prefix(12), as: UTF8.self)
    guard line.hasPrefix("HTTP/1.1 ") else { throw .noAnswer }
    return String(line.suffix(3))
  }
}
