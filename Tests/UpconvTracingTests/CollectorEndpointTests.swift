import Glibc
import Testing

@testable import UpconvTracing

@Suite struct CollectorEndpointTests {
  @Test func `User and password are no part of the host, and are not shown`() throws {
    for (url, shown) in [
      ("http://127.0.0.1", "http://127.0.0.1:4318/v1/traces"),
      ("http://user:hunter2@127.0.0.1:9/x", "http://127.0.0.1:9/x"),
      ("http://user:p@ss:w@[::1]:9", "http://::1:9/v1/traces"),
      ("http://token@collector", "http://collector:4318/v1/traces"),
    ] {
      #expect(try #require(CollectorEndpoint(url)).description == shown)
    }
    for url in ["http://user@", "http://user:pass@:9", "http://us%er@host", "http://us%+1er@host", "https://host"] {
      #expect(CollectorEndpoint(url) == nil, "\(url)")
    }
  }

  @Test func `They are sent as Basic credentials, decoded, to the host alone`() throws {
    let (listener, port) = try listen()
    defer { close(listener) }
    let endpoint = try #require(CollectorEndpoint("http://user:p%40ss@127.0.0.1:\(port)/v1/traces"))
    let head = try received(by: listener) { #expect(endpoint.post(Array("{}".utf8)) == nil) }
    // base64 of user:p@ss
    #expect(head.contains("\r\nAuthorization: Basic dXNlcjpwQHNz\r\n"), "\(head)")
    #expect(head.contains("\r\nHost: 127.0.0.1:\(port)\r\n"))
    let userOnly = try #require(CollectorEndpoint("http://token@127.0.0.1:\(port)"))
    #expect(try received(by: listener) { _ = userOnly.post([]) }.contains("Authorization: Basic dG9rZW46\r\n"))
    let plain = try #require(CollectorEndpoint("http://127.0.0.1:\(port)"))
    #expect(!(try received(by: listener) { _ = plain.post([]) }).contains("Authorization"))
  }

  private func listen() throws -> (Int32, UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(listener, $0, size)
        _ = Glibc.listen(listener, 4)
        _ = getsockname(listener, $0, &size)
      }
    }
    try #require(address.sin_port != 0)
    return (listener, UInt16(bigEndian: address.sin_port))
  }

  /// What one client sends, whose request is answered 200.
  private func received(by listener: Int32, _ body: @escaping () -> Void) throws -> String {
    var thread = pthread_t()
    let answer = Unmanaged.passRetained(Answering(listener))
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Answering>.fromOpaque(argument).takeUnretainedValue().run() }
        return nil
      }, answer.toOpaque())
    body()
    pthread_join(thread, nil)
    return answer.takeRetainedValue().head
  }

  // SAFETY: the thread writes `head` before it ends, and it is read after that.
  private final class Answering: @unchecked Sendable {
    private let listener: Int32
    private(set) var head = ""

    init(_ listener: Int32) { self.listener = listener }

    func run() {
      let connection = accept(listener, nil, nil)
      defer { close(connection) }
      var window = [UInt8](repeating: 0, count: 4096)
      let count = recv(connection, &window, window.count, 0)
      head = String(decoding: window.prefix(max(0, count)), as: UTF8.self)
      let response = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
      _ = send(connection, response, response.count, Int32(MSG_NOSIGNAL))
    }
  }
}
