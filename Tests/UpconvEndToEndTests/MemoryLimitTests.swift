import Foundation
import Testing
import UpconvMemory
import UpconvService
import UpconvTransport

/// One budget bounds what contents, tensors and answers of all requests take together.
@Suite struct MemoryLimitTests {
  private static let mebibyte = 1 << 20

  /// A real server whose requests may take so many MiB together.
  private struct BoundedServer {
    let memory: MemoryBudget
    let server: TestServer

    init(mebibytes: Int) throws {
      let memory = MemoryBudget(maxBytes: mebibytes << 20)
      self.memory = memory
      server = try TestServer(service: { $0.memory = memory }, server: { $0.memoryOfUncomputedAnswers = memory })
    }

    /// Whether all is given back, which the event loops do on their own time.
    var isAllBack: Bool { ServerProcess.wait { memory.leasedBytes == 0 } }
  }

  /// A request of a few bytes whose answer has 4 MiB.
  private static let large = Array(#"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":1024}"#.utf8)
  private static let accept = ("accept", "application/octet-stream")

  /// An input of so many elements, 1×1 filters; safetensors.
  private static func content(elements: Int) -> [UInt8] {
    let header =
      #"{"input":{"dtype":"F32","shape":[1,1,\#(elements),1],"data_offsets":[0,\#(elements * 4)]},"#
      + #""filters":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[\#(elements * 4),\#(elements * 4 + 4)]}}"#
    return withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      + [UInt8](repeating: 0, count: elements * 4 + 4)
  }

  private static func head(_ length: Int, _ fields: String = "") -> String {
    "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nContent-Type: application/vnd.safetensors\r\n"
      + "Content-Length: \(length)\r\n\(fields)\r\n"
  }

  @Test func `Who finds no memory is told so on the head alone, and small requests go on`() throws {
    let bounded = try BoundedServer(mebibytes: 8)
    let content = Self.content(elements: 3 * Self.mebibyte / 4)
    let first = try bounded.server.connect()
    try first.send(Self.head(content.count))
    try first.send(content.prefix(Self.mebibyte))
    // What has come, and as much again.
    #expect(ServerProcess.wait { bounded.memory.leasedBytes > 15 * Self.mebibyte / 8 })

    // No byte of its content was sent.
    for fields in ["", "Expect: 100-continue\r\n"] {
      let second = try bounded.server.connect()
      try second.send(Self.head(7 * Self.mebibyte, fields))
      let refused = try second.readResponse()
      #expect(refused.status == 503)
      #expect(refused["retry-after"].flatMap { Int($0) }.map { 1...30 ~= $0 } == true)
      #expect(refused["connection"] == "close")
      #expect(refused.text.contains("memory"))
      #expect(second.readsEnd())
    }
    #expect(try bounded.server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer)

    try first.send(content.dropFirst(Self.mebibyte))
    #expect(try first.readResponse().status == 200)
    #expect(bounded.isAllBack)
    let metrics = try bounded.server.exchange(TestRequest.get("/metrics")).text
    #expect(metrics.contains("upconv_rejections_total{reason=\"memory\"} 2"))
    #expect(metrics.contains("upconv_request_memory_bytes 0"))
    #expect(metrics.contains("upconv_request_memory_limit_bytes \(8 * Self.mebibyte)"))
  }

  @Test func `Who announces much and sends nothing holds nothing that others want`() throws {
    let bounded = try BoundedServer(mebibytes: 16)
    let silent = try (0..<100).map { _ in try bounded.server.connect() }
    for client in silent { try client.send(Self.head(8 * Self.mebibyte)) }
    #expect(ServerProcess.wait { bounded.memory.leasedBytes >= 100 * MemoryBudget.granule })
    #expect(bounded.memory.leasedBytes == 100 * MemoryBudget.granule)
    let content = Self.content(elements: Self.mebibyte)
    #expect(try bounded.server.exchange(Array(Self.head(content.count).utf8) + content).status == 200)
    withExtendedLifetime(silent) {}
  }

  @Test func `What small pieces of text or content take in memory is counted, and refused where it is too much`() throws
  {
    let bounded = try BoundedServer(mebibytes: 32)
    // Two bytes of text, hundreds of memory.
    let text = #"{"input":[[[[1]]]],"x":["# + String(repeating: "{},", count: 60_000)
    func send() throws -> TestClient {
      let client = try bounded.server.connect()
      try client.send(
        "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
      return client
    }
    let first = try send()
    #expect(ServerProcess.wait { bounded.memory.leasedBytes > 20 * Self.mebibyte })
    #expect(try send().readResponse().status == 503)
    withExtendedLifetime(first) {}
    // The first bytes of a tensor of 8 MiB take a page of 2 MiB.
    let other = try BoundedServer(mebibytes: 32)
    let content = Self.content(elements: 2 * Self.mebibyte)
    let stalled = try (0..<3).map { _ in try other.server.connect() }
    for client in stalled {
      try client.send(Self.head(content.count))
      try client.send(content.prefix(100_000))
    }
    #expect(ServerProcess.wait { other.memory.leasedBytes >= 3 * 2 * Self.mebibyte })
    withExtendedLifetime(stalled) {}
  }

  @Test func `What never fits is refused for good`() throws {
    let bounded = try BoundedServer(mebibytes: 2)
    let client = try bounded.server.connect()
    try client.send(Self.head(3 * Self.mebibyte))
    let refused = try client.readResponse()
    #expect(refused.status == 413)
    #expect(refused["retry-after"] == nil)
    // Known from the shape: 4 MiB.
    let answer = try bounded.server.post(Self.large, fields: [Self.accept])
    #expect(answer.status == 413)
    #expect(bounded.isAllBack)
  }

  @Test(arguments: ["chunked", "gzip", "numbers"])
  func `Content of unknown size is leased as it comes`(_ kind: String) throws {
    let bounded = try BoundedServer(mebibytes: 2)
    let client = try bounded.server.connect()
    let content = Self.content(elements: Self.mebibyte)
    switch kind {
    case "chunked":
      try client.send(
        "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nContent-Type: application/vnd.safetensors\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n")
      for start in stride(from: 0, to: content.count, by: 1 << 16) {
        let chunk = content[start..<min(content.count, start + 1 << 16)]
        // The server closes on the way.
        guard (try? client.send(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10])) != nil else {
          break
        }
      }
    case "gzip":
      try client.send(
        TestRequest.post(
          try Self.gzipped(content), type: "application/vnd.safetensors", fields: [("content-encoding", "gzip")]))
    default:
      // Two bytes of text a number of four bytes: it is not refused on its head.
      let text = #"{"input":["# + String(repeating: "1,", count: 3 << 18) + "1]}"
      try client.send(TestRequest.post(Array(text.utf8)))
    }
    #expect(try client.readResponse().status == 413)
    #expect(bounded.isAllBack)
  }

  @Test func `An answer holds memory until it is taken, or its client has gone`() throws {
    let bounded = try BoundedServer(mebibytes: 33)
    func slowClient() throws -> TestClient {
      let client = try TestClient(port: bounded.server.port, receiveBufferBytes: 1 << 12)
      try client.send(
        TestRequest.post(
          Array(#"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":2048}"#.utf8), fields: [Self.accept]))
      return client
    }
    // 16 MiB each; the system's buffers take some.
    let reader = try slowClient()
    let leaver = try slowClient()
    #expect(ServerProcess.wait { bounded.memory.leasedBytes >= 32 * Self.mebibyte })
    let refused = try bounded.server.exchange(Array(Self.head(2 * Self.mebibyte).utf8))
    #expect(refused.status == 503)
    leaver.reset()
    #expect(ServerProcess.wait { bounded.memory.leasedBytes <= 16 * Self.mebibyte })
    #expect(try bounded.server.exchange(TestRequest.tiny).status == 200)
    #expect(try reader.readResponse().content.count == 16 * Self.mebibyte)
    #expect(bounded.isAllBack)
  }

  @Test func `The answers of one HTTP/2 connection are bounded together`() throws {
    let bounded = try BoundedServer(mebibytes: 17)
    do {
      // No window: every answer waits here.
      let client = try HTTP2TestClient(port: bounded.server.port, settings: [(4, 0)])
      let fields = HTTP2TestClient.postHead + [Self.accept]
      for stream in stride(from: UInt32(1), to: 20, by: 2) {
        try client.send(
          HTTP2TestClient.headers(stream: stream, fields, endsStream: false)
            + HTTP2TestClient.data(stream: stream, Self.large))
      }
      var statuses: [Int: Int] = [:]
      for stream in stride(from: UInt32(1), to: 20, by: 2) {
        let head = try client.readHead(stream: stream)
        statuses[head.status, default: 0] += 1
        if head.status == 503 { #expect(head["retry-after"] != nil) }
      }
      #expect(statuses == [200: 4, 503: 6])
      #expect(bounded.memory.leasedBytes <= bounded.memory.maxBytes)
    }
    #expect(bounded.isAllBack)
  }

  @Test func `Tiny tensors are leased at what they take, not at what their numbers would`() throws {
    // Each instance is a tensor of its own, until all are there.
    let text = #"{"instances":["# + String(repeating: #"{"x":[1]},"#, count: 29_000)
    let models = try ModelServer(service: { $0.memory = MemoryBudget(maxBytes: 64 << 20) })
    let memory = models.memory
    let client = try models.server.connect()
    try client.send(
      "POST /v1/models/scale:predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
    #expect(ServerProcess.wait { memory.leasedBytes > 29_000 * 700 })
    withExtendedLifetime(client) {}
  }

  @Test(arguments: ["id", "parameters", "name"])
  func `Text of an inference request that would be kept or repeated has a limit`(_ member: String) throws {
    let models = try ModelServer()
    func request(_ bytes: Int) -> String {
      let text = String(repeating: "a", count: bytes)
      let input = #"{"name":"x","shape":[1,1,1,1],"datatype":"FP32","data":[4]}"#
      return switch member {
      case "id": #"{"id":"\#(text)","inputs":[\#(input)]}"#
      case "parameters": #"{"parameters":{"a":"\#(text)"},"inputs":[\#(input)]}"#
      default: #"{"\#(text)":1,"inputs":[\#(input)]}"#
      }
    }
    #expect(try models.infer(request(60_000)).outputData == [8])
    let refused = try models.infer(request(70_000))
    #expect(refused.status == 400)
    #expect(refused.error.contains("\(64 << 10) bytes"), "\(refused.error)")
  }

  @Test func `A long string is leased before its end has come`() throws {
    let bounded = try BoundedServer(mebibytes: 8)
    let client = try bounded.server.connect()
    let text = #"{"activation":""# + String(repeating: "a", count: 900_000)
    try client.send(
      "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
    #expect(ServerProcess.wait { bounded.memory.leasedBytes > 900_000 })
    withExtendedLifetime(client) {}
  }

  @Test func `Refusals that wait for their windows are leased, with the path that is kept of each`() throws {
    let bounded = try BoundedServer(mebibytes: 1)
    do {
      let client = try HTTP2TestClient(port: bounded.server.port, settings: [(4, 0)])
      let head = HTTP2TestClient.head("GET", "/" + String(repeating: "a", count: 7000))
      let streams = stride(from: UInt32(1), to: 120, by: 2)
      for stream in streams { try client.send(HTTP2TestClient.headers(stream: stream, head)) }
      for stream in streams { #expect(try client.readHead(stream: stream).status == 404) }
      // About two times a thousand characters of the path each.
      #expect(ServerProcess.wait { bounded.memory.leasedBytes > 60 * 3000 })
      #expect(bounded.memory.leasedBytes < 60 * 6000)
    }
    #expect(bounded.isAllBack)
  }

  @Test func `Without memory for a refusal its stream is reset, and nothing waits`() throws {
    let bounded = try BoundedServer(mebibytes: 1)
    let clients = try (0..<4).map { _ in try HTTP2TestClient(port: bounded.server.port, settings: [(4, 0)]) }
    let head = HTTP2TestClient.head("GET", "/" + String(repeating: "a", count: 7000))
    var statuses: [Int: Int] = [:]
    for client in clients {
      // 99 streams of 4 KiB: four connections of them pass 1 MiB.
      let streams = stride(from: UInt32(1), to: 199, by: 2)
      for stream in streams { try client.send(HTTP2TestClient.headers(stream: stream, head)) }
      for stream in streams {
        do {
          statuses[try client.readHead(stream: stream).status, default: 0] += 1
        } catch let reset as HTTP2TestClient.Reset {
          #expect(reset.code == HTTP2TestClient.enhanceYourCalm)
          statuses[0, default: 0] += 1
        }
      }
    }
    #expect(bounded.memory.leasedBytes <= bounded.memory.maxBytes)
    #expect(statuses[404, default: 0] > 100)
    #expect(statuses[0, default: 0] + statuses[503, default: 0] > 0, "\(statuses)")
  }

  @Test func `An answer in gzip that waits holds its compressor's memory, too`() throws {
    let bounded = try BoundedServer(mebibytes: 64)
    do {
      let client = try HTTP2TestClient(port: bounded.server.port, settings: [(4, 0)])
      let content = Array(#"{"input":[[[[1]]]],"filters":[[[[1]]]],"strides":100}"#.utf8)
      let fields = HTTP2TestClient.postHead + [("accept-encoding", "gzip")]
      for stream in stride(from: UInt32(1), to: 20, by: 2) {
        try client.send(
          HTTP2TestClient.headers(stream: stream, fields, endsStream: false)
            + HTTP2TestClient.data(stream: stream, content))
      }
      for stream in stride(from: UInt32(1), to: 20, by: 2) {
        let head = try client.readHead(stream: stream)
        #expect(head.status == 200)
        #expect(head["content-encoding"] == "gzip")
      }
      // The numbers alone are 40 KB.
      #expect(bounded.memory.leasedBytes > 10 * (700 << 10))
    }
    #expect(bounded.isAllBack)
  }

  /// By the system's own program.
  private static func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url.appendingPathExtension("gz")) }
    _ = try Program.run(Program.find("gzip"), [url.path])
    return [UInt8](try Data(contentsOf: url.appendingPathExtension("gz")))
  }
}
