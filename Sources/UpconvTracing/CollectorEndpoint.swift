import FoundationEssentials
import Glibc

/// Where spans are sent: an address on plain HTTP. Whoever needs TLS has a collector beside the service.
package struct CollectorEndpoint: Sendable, CustomStringConvertible {
  private let host: String
  private let port: String
  private let path: String
  /// The value of the Authorization field that the URL's user and password make; nil if it has none.
  private let authorization: String?

  /// The URL without user and password.
  package var description: String { "http://\(host):\(port)\(path)" }

  /// `http://[user:password@]host[:port][/path]`; the port is 4318 and the path `/v1/traces` if they are not given, as OTLP
  /// has it. nil for anything else. User and password are sent as Basic credentials (RFC 7617), as curl does.
  package init?(_ url: String) {
    guard url.hasPrefix("http://") else { return nil }
    let rest = url.dropFirst("http://".count)
    let authorityWithUser = rest.prefix { $0 != "/" }
    let path = rest.dropFirst(authorityWithUser.count)
    // What stands behind the last `@` is the host (RFC 3986 §3.2.1): a password may hold others.
    let at = authorityWithUser.lastIndex(of: "@")
    let authority = at.map { authorityWithUser[authorityWithUser.index(after: $0)...] } ?? authorityWithUser
    self.path = path.isEmpty || path == "/" ? "/v1/traces" : String(path)
    var host = authority
    var port = "4318"
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      host = authority[..<colon]
      port = String(authority[authority.index(after: colon)...])
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, let number = Int(port), 1...65_535 ~= number else { return nil }
    guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    var authorization: String?
    if let at {
      let user = authorityWithUser[..<at]
      // Without a password the colon stands all the same (RFC 7617 §2).
      guard let credentials = CollectorEndpoint.decoded(user.contains(":") ? user : user + ":") else { return nil }
      authorization = "Basic " + Data(credentials).base64EncodedString()
    }
    self.authorization = authorization
    self.host = String(host)
    self.port = "\(number)"
  }

  /// The bytes of a text with percent-encoding; nil if a `%` has no two digits behind it.
  private static func decoded(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, !digits.hasPrefix("+"), !digits.hasPrefix("-"), let value = UInt8(digits, radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return bytes
  }

  /// Sends a document, and waits for the answer, two seconds for each step.
  /// - Returns: why it was not taken; nil if it was.
  func post(_ document: [UInt8]) -> String? {
    let connection: Int32
    switch connect() {
    case .success(let descriptor): connection = descriptor
    case .failure(let failure): return failure.reason
    }
    defer { close(connection) }
    let shownHost = host.contains(":") ? "[\(host)]" : host
    let head =
      "POST \(path) HTTP/1.1\r\nHost: \(shownHost):\(port)\r\nContent-Type: application/json\r\n"
      + (authorization.map { "Authorization: \($0)\r\n" } ?? "")
      + "Content-Length: \(document.count)\r\nConnection: close\r\n\r\n"
    var rest = (Array(head.utf8) + document)[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { return String(cString: strerror(errno)) }
      rest = rest.dropFirst(sent)
    }
    var answer: [UInt8] = []
    var window = [UInt8](repeating: 0, count: 1024)
    while answer.count < 12 {
      let count = recv(connection, &window, window.count, 0)
      guard count > 0 else { return count == 0 ? "the collector did not answer" : String(cString: strerror(errno)) }
      answer += window.prefix(count)
    }
    let status = String(decoding: answer.prefix(12), as: UTF8.self)
    return status.hasPrefix("HTTP/1.") && status.dropFirst(9).hasPrefix("2") ? nil : "the collector answered \(status)"
  }

  private struct Failure: Error { let reason: String }

  private func connect() -> Result<Int32, Failure> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, port, &hints, &list)
    guard status == 0, let first = list else { return .failure(Failure(reason: String(cString: gai_strerror(status)))) }
    defer { freeaddrinfo(first) }
    var reason = "no address"
    var next: UnsafeMutablePointer<addrinfo>? = first
    while let address = next {
      let descriptor = socket(
        address.pointee.ai_family, address.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue),
        address.pointee.ai_protocol)
      if descriptor >= 0 {
        var timeout = timeval(tv_sec: 2, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        if Glibc.connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 {
          return .success(descriptor)
        }
        reason = String(cString: strerror(errno))
        close(descriptor)
      }
      next = address.pointee.ai_next
    }
    return .failure(Failure(reason: reason))
  }
}
