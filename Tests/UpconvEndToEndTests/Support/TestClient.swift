import Foundation

/// A blocking client over a socket that says exactly the bytes it is told to.
final class TestClient {
  private var socket: Int32
  private var received: [UInt8] = []

  struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// - Parameter receiveBufferBytes: how much the system takes for this client before the server has to wait.
  init(port: UInt16, receiveTimeoutSeconds: Int = 120, receiveBufferBytes: Int32? = nil) throws {
    socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw Failure("socket") }
    if var size = receiveBufferBytes {
      setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure("connect: \(errno)") }
    var one: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    var timeout = timeval(tv_sec: receiveTimeoutSeconds, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { if socket >= 0 { Foundation.close(socket) } }

  func send(_ bytes: some Sequence<UInt8>) throws {
    let bytes = Array(bytes)
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Foundation.send(socket, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure("send: \(errno)") }
      offset += count
    }
  }

  func send(_ text: String) throws { try send(text.utf8) }

  /// Says that nothing more will be sent, and goes on reading.
  func shutdownWriting() { shutdown(socket, Int32(SHUT_WR)) }

  /// Closes so that the peer sees a reset.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    Foundation.close(socket)
    socket = -1
  }

  /// The next bytes, at least one; none at the end.
  private func receive() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(socket, &buffer, buffer.count, 0)
    guard count >= 0 else { throw Failure("recv: \(errno)") }
    received += buffer.prefix(count)
    return count > 0
  }

  /// Whether the peer has closed; waits for it.
  func readsEnd() -> Bool {
    (try? receive()) == false && received.isEmpty
  }

  /// Whether bytes, or the end, have come that were not read.
  var hasBytes: Bool {
    var byte: UInt8 = 0
    return !received.isEmpty || recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) >= 0
  }

  private func readUntil(_ end: [UInt8]) throws -> [UInt8] {
    var searched = 0
    while true {
      if let start = received.indices.dropFirst(searched).first(where: { received[$0...].starts(with: end) }) {
        defer { received.removeFirst(start + end.count) }
        return Array(received[..<start])
      }
      searched = max(0, received.count - end.count)
      guard try receive() else {
        throw Failure("the connection ended after \(String(decoding: received, as: UTF8.self))")
      }
    }
  }

  func read(count: Int) throws -> [UInt8] {
    while received.count < count {
      guard try receive() else { throw Failure("the connection ended \(count - received.count) bytes early") }
    }
    defer { received.removeFirst(count) }
    return Array(received[..<count])
  }

  /// All bytes until the peer closes or resets.
  func readAllBytes() -> [UInt8] {
    while (try? receive()) == true {}
    defer { received = [] }
    return received
  }

  /// All answers until the peer closes.
  func readAllResponses() -> [TestResponse] {
    var responses: [TestResponse] = []
    while let response = try? readResponse() { responses.append(response) }
    return responses
  }

  /// The next answer, its content joined if it came in chunks.
  func readResponse(toHEAD: Bool = false) throws -> TestResponse {
    let lines = String(decoding: try readUntil(Array("\r\n\r\n".utf8)), as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
      throw Failure("not a status line: \(lines[0])")
    }
    var response = TestResponse(status: status)
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { throw Failure("not a field: \(line)") }
      response.fields.append((parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces)))
    }
    if toHEAD || status == 204 || status == 304 || status < 200 { return response }
    if response["transfer-encoding"] == "chunked" {
      while true {
        let line = String(decoding: try readUntil([13, 10]), as: UTF8.self)
        guard let size = Int(line, radix: 16) else { throw Failure("not a chunk size: \(line)") }
        response.content += try read(count: size)
        guard try readUntil([13, 10]).isEmpty else { throw Failure("a chunk does not end where it says") }
        if size == 0 { break }
      }
    } else if let length = response["content-length"].flatMap({ Int($0) }) {
      response.content = try read(count: length)
    } else {
      while try receive() {}
      response.content = received
      received = []
    }
    return response
  }
}

struct TestResponse {
  var status: Int
  var fields: [(name: String, value: String)] = []
  var content: [UInt8] = []

  subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

  var text: String { String(decoding: content, as: UTF8.self) }

  /// The content as JSON.
  var json: [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(content))) as? [String: Any]
  }

  /// Shape and numbers of a flat JSON answer.
  var tensor: (shape: [Int], data: [Float])? {
    guard let json, let shape = json["shape"] as? [Int], let data = json["data"] as? [NSNumber] else { return nil }
    return (shape, data.map(\.floatValue))
  }
}
