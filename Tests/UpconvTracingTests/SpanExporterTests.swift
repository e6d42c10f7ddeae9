import Foundation
import Glibc
import Logging
import Testing
import UpconvJSON
import UpconvTracing

/// Spans go to a collector on a real socket.
@Suite struct SpanExporterTests {
  /// Takes one request, answers it, and gives its head and content.
  private final class Collector {
    let descriptor: Int32
    let port: Int

    init() throws {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      self.descriptor = descriptor
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
      }
      try #require(bound == 0 && listen(descriptor, 1) == 0)
      _ = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
      }
      port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }

    func take(answering status: String) -> (head: String, content: String) {
      let connection = accept(descriptor, nil, nil)
      defer { close(connection) }
      var bytes: [UInt8] = []
      var window = [UInt8](repeating: 0, count: 65_536)
      while true {
        let text = String(decoding: bytes, as: UTF8.self)
        if let end = text.range(of: "\r\n\r\n"), let length = contentLength(text),
          text[end.upperBound...].utf8.count >= length
        {
          let answer = Array("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n".utf8)
          _ = send(connection, answer, answer.count, 0)
          return (String(text[..<end.lowerBound]), String(text[end.upperBound...]))
        }
        let count = recv(connection, &window, window.count, 0)
        if count <= 0 { return (text, "") }
        bytes += window.prefix(count)
      }
    }

    private func contentLength(_ text: String) -> Int? {
      text.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) }
    }
  }

  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func span(_ name: String) -> Span {
    Span(
      trace: Span.newIdentity(byteCount: 16), identity: Span.newIdentity(byteCount: 8),
      parent: [1, 2, 3, 4, 5, 6, 7, 8],
      name: name, kind: .server, startNanosecondsSince1970: 1_700_000_000_000_000_001,
      endNanosecondsSince1970: 1_700_000_000_000_000_009,
      attributes: [("http.response.status_code", .integer(200)), ("http.route", .string("/\"x"))], isError: true)
  }

  @Test func `Spans arrive as OTLP in JSON`() throws {
    let collector = try Collector()
    let endpoint = try #require(CollectorEndpoint("http://127.0.0.1:\(collector.port)"))
    let exporter = SpanExporter(endpoint: endpoint, version: "9", logger: logger)
    exporter.add([span("infer")])
    let (head, content) = collector.take(answering: "200 OK")
    exporter.flush()
    #expect(head.hasPrefix("POST /v1/traces HTTP/1.1\r\n"))
    #expect(head.contains("Content-Type: application/json"))
    _ = try JSONValue.parse(content, limits: JSONLimits())
    #expect(content.contains(#""startTimeUnixNano":"1700000000000000001""#))
    #expect(content.contains(#""parentSpanId":"0102030405060708""#))
    #expect(content.contains(#"{"key":"http.route","value":{"stringValue":"/\"x"}}"#))
    #expect(content.contains(#""status":{"code":2}"#))
    #expect(exporter.counts == (sent: 1, dropped: 0))
  }

  @Test func `A collector that is not there costs the spans and nothing else`() throws {
    let endpoint = try #require(CollectorEndpoint("http://127.0.0.1:1/"))
    let exporter = SpanExporter(endpoint: endpoint, version: "9", logger: logger)
    exporter.add([span("a"), span("b")])
    exporter.flush()
    #expect(exporter.counts == (sent: 0, dropped: 2))
    exporter.add((0..<5000).map { _ in span("c") })
    #expect(exporter.counts.dropped == 5002)
  }

  @Test(arguments: [
    ("http://collector", "http://collector:4318/v1/traces"), ("http://[::1]:9/x", "http://::1:9/x"),
    ("http://h:80/", "http://h:80/v1/traces"),
  ])
  func `An endpoint has OTLP's defaults`(url: String, text: String) {
    #expect(CollectorEndpoint(url)?.description == text)
  }

  @Test(arguments: ["", "collector:4318", "https://collector", "http://", "http://h:0", "http://h:99999", "http://a b"])
  func `What is no endpoint is refused`(url: String) { #expect(CollectorEndpoint(url) == nil) }
}
