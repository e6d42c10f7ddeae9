import Foundation
import Testing
import UpconvCompression
import UpconvHTTP
import UpconvService
import UpconvTensor
import UpconvTransport

/// The named limits, each met on the wire; and that nothing stays behind.
@Suite struct LimitsTests {
  /// 1 GiB of `byte`, compressed to about 1 MiB.
  static func bomb(of byte: UInt8) -> [UInt8] {
    var deflater = Deflater(level: 9, codec: .zlib)  // the densest
    var output: [UInt8] = []
    let piece = [UInt8](repeating: byte, count: 1 << 20)
    for _ in 0..<1024 { piece.withUnsafeBytes { deflater.write($0, appendingTo: &output) } }
    deflater.finish(appendingTo: &output)
    return output
  }

  @Test func `Bombs of gzip stop at the limit, and memory stays flat`() throws {
    let server = try ServerProcess()
    _ = try server.exchange(TestRequest.tiny)
    try server.forgetPeak()
    let before = server.residentMiB
    // Zeros are no JSON and no safetensors; blanks are legal JSON for ever; an npy of zeros inside a gzip of JSON
    // numbers would be too many elements.
    for (byte, type) in [
      (UInt8(0), "application/json"), (UInt8(ascii: " "), "application/json"), (0, "application/vnd.safetensors"),
    ] {
      let bomb = LimitsTests.bomb(of: byte)
      #expect(bomb.count < 2 << 20)
      let response = try server.exchange(
        TestRequest.post(bomb, type: type, fields: [("Content-Encoding", "gzip")]))
      #expect(response.status == (byte == UInt8(ascii: " ") ? 413 : 400), "\(response.text)")
      #expect(try server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer)
    }
    #expect(server.peakResidentMiB - before < 16)
  }

  @Test func `Memory and descriptors return after refusals, departures and large requests`() throws {
    let server = try ServerProcess()
    let pixels = [String](repeating: "1.25", count: 1 << 18).joined(separator: ",")
    let large = TestRequest.post(
      Array(#"{"input":{"shape":[1,512,512,1],"data":[\#(pixels)]},"filters":[[[[1]]]],"strides":2}"#.utf8))
    func round() throws {
      for _ in 0..<3 {
        #expect(try server.exchange(large).status == 200)
        for (json, _) in BadInputTests.refusedJSON { _ = try server.exchange(TestRequest.post(Array(json.utf8))) }
        for (bytes, _) in FramingTests.refused { _ = try server.exchange(Array(bytes.utf8)) }
        for part in [10, 100, 200_000] {
          let leaving = try TestClient(port: server.port)
          try leaving.send(large.prefix(part))
          leaving.reset()
        }
      }
    }
    // Every thread warms an arena of its own.
    for _ in 0..<3 { try round() }
    // All connections gone, and a second of rest: what is open now, the system's own queues among it, stays.
    sleep(4)
    let (memory, descriptors) = (server.residentMiB, server.descriptors)
    for _ in 0..<3 { try round() }
    #expect(ServerProcess.wait { server.descriptors == descriptors })
    // Nine more large requests, each with 5 MiB of tensors: what leaked would show. A few MiB are the allocator's.
    // Polled for a while: the memory is given back once nobody has come for a second.
    #expect(
      ServerProcess.wait(seconds: 20) { server.residentMiB <= memory + 8 },
      "\(memory) MiB before, \(server.residentMiB) MiB after")
    #expect(try server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer)
  }

  @Test func `Content beyond the limit is refused by its announcement, and when it comes unannounced`() throws {
    let server = try TestServer(server: { $0.http.maxContentBytes = 100 })
    let content = [UInt8](repeating: UInt8(ascii: " "), count: 101)
    let announced = try server.post(content)
    #expect(announced.status == 413)
    #expect(announced["connection"] == "close")
    let client = try server.connect()
    try client.send(
      Array("POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n".utf8) + content)
    #expect(try client.readResponse().status == 413)
    #expect(try server.post([UInt8](repeating: UInt8(ascii: " "), count: 100)).status == 400)
  }

  @Test func `Tensors beyond the limit are refused, of the request and of the answer`() throws {
    let server = try TestServer { $0.tensor = TensorLimits(maxElements: 100) }
    let numbers = [String](repeating: "1", count: 101).joined(separator: ",")
    for json in [
      #"{"input":{"shape":[1,101,1,1],"data":[\#(numbers)]},"filters":[[[[1]]]]}"#,
      #"{"input":{"data":[\#(numbers)],"shape":[1,101,1,1]},"filters":[[[[1]]]]}"#,
      #"{"input":[[[[1,1]]]],"filters":[[[[1,1]]]],"strides":11}"#,
    ] {
      let response = try server.post(json)
      #expect(response.status == 400)
      #expect(try #require(response.json?["detail"] as? String).contains("100"), "\(response.text)")
    }
  }

  @Test func `Work beyond the limit is refused before it begins`() throws {
    let server = try TestServer { $0.maxMultiplyAdds = 3 }
    let response = try server.post(#"{"input":[[[[1],[1]]]],"filters":[[[[1]],[[1]]]],"padding":"VALID"}"#)
    #expect(response.status == 400)
    #expect(try #require(response.json?["detail"] as? String).contains("4 multiplications"))
  }

  @Test func `JSON deeper than the limit is refused`() throws {
    let server = try TestServer { $0.maxJSONDepth = 6 }
    #expect(try server.exchange(TestRequest.tiny).status == 200)
    #expect(try server.post(#"{"padding":[[[[[[1]]]]]]}"#).status == 400)
  }

  @Test func `A head that does not end is answered 408`() throws {
    let server = try TestServer(server: { $0.headTimeout = .seconds(1) })
    let client = try server.connect()
    try client.send("GET /v2/health/live HTTP/1.1\r\nHo")
    let response = try client.readResponse()
    #expect(response.status == 408)
    #expect(response["connection"] == "close")
    #expect(client.readsEnd())
  }

  @Test func `Content that does not end is answered 408`() throws {
    let server = try TestServer(server: { $0.requestTimeout = .seconds(1) })
    let client = try server.connect()
    try client.send("POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    #expect(try client.readResponse().status == 408)
    #expect(client.readsEnd())
  }

  @Test func `A connection at rest is closed after a while`() throws {
    let server = try TestServer(server: { $0.idleTimeout = .seconds(1) })
    let client = try server.connect()
    try client.send(TestRequest.tiny)
    _ = try client.readResponse()
    #expect(client.readsEnd())
  }

  @Test func `When descriptors run out, work goes on and nothing spins`() throws {
    // The shell lowers the limit for the program that it becomes.
    let server = try ServerProcess(descriptorLimit: 200)
    let clients = try (0..<300).map { _ in try TestClient(port: server.port) }
    // The first job that this server ever computes.
    try clients[0].send(TestRequest.post(SlowReaderTests.large, type: "application/vnd.safetensors"))
    #expect(try clients[0].readResponse().status == 200)
    let before = server.processorSeconds
    sleep(1)
    #expect(server.processorSeconds - before < 0.3)
    for client in clients { client.reset() }
    #expect(ServerProcess.wait { (try? server.exchange(TestRequest.tiny).text) == TestRequest.tinyAnswer })
  }

  @Test func `One connection too many is told so`() throws {
    let server = try TestServer(server: { $0.maxConnections = 3 })
    let clients = try (0..<3).map { _ in try server.connect() }
    for client in clients {
      try client.send(TestRequest.tiny)
      #expect(try client.readResponse().status == 200)
    }
    let refused = try server.connect()
    let response = try refused.readResponse()
    #expect(response.status == 503)
    #expect(response["retry-after"] == "1")
    // Those that were there are served on.
    try clients[0].send(TestRequest.tiny)
    #expect(try clients[0].readResponse().status == 200)
  }

  /// A request that takes seconds on any machine: 2^39 multiplications, of zeros, which gzip makes small.
  static let slow: [UInt8] = {
    let header =
      #"{"input":{"dtype":"F32","shape":[1,256,256,64],"data_offsets":[0,16777216]},"filters":{"dtype":"F32","shape":[32,32,128,64],"data_offsets":[16777216,50331648]}}"#
    let content =
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      + [UInt8](repeating: 0, count: 50_331_648)
    return TestRequest.post(
      Deflater.gzip(content), type: "application/vnd.safetensors", fields: [("Content-Encoding", "gzip")])
  }()

  @Test func `Work whose client has left is given up`() throws {
    let server = try ServerProcess(["--threads", "2"])
    let client = try TestClient(port: server.port)
    try client.send(LimitsTests.slow)
    let busy = server.processorSeconds
    #expect(ServerProcess.wait { server.processorSeconds > busy + 0.3 })
    client.reset()
    // Left alone it would go on for many seconds.
    #expect(server.comesToRest())
    #expect(try server.exchange(TestRequest.get("/metrics")).text.contains("\nupconv_cancelled_jobs_total 1\n"))
    #expect(try server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer)
  }

  @Test func `Who closes only its sending side gets a tiny answer, and is taken to have left a longer one`() throws {
    let server = try ServerProcess(["--threads", "2"])
    let quick = try TestClient(port: server.port)
    try quick.send(TestRequest.tiny)
    quick.shutdownWriting()
    #expect(try quick.readResponse().text == TestRequest.tinyAnswer)
    let client = try TestClient(port: server.port)
    try client.send(LimitsTests.slow)
    let busy = server.processorSeconds
    #expect(ServerProcess.wait { server.processorSeconds > busy + 0.3 })
    client.shutdownWriting()
    #expect(client.readsEnd())
    #expect(server.comesToRest())
  }

  @Test func `Work that takes too long is given up and answered 503`() throws {
    let server = try ServerProcess(["--request-timeout", "2"])
    let response = try server.exchange(LimitsTests.slow)
    #expect(response.status == 503)
    #expect(response["retry-after"] != nil)
    #expect(server.comesToRest())
  }

  @Test func `The same request gives the same bytes with 1 thread and with 16`() throws {
    func numbers(_ count: Int, _ period: Int) -> String {
      (0..<count).map { (index: Int) -> String in (Float(index % period) / 57 - 0.7).description }
        .joined(separator: ",")
    }
    let pixels = numbers(3 * 20 * 20 * 8, 97)
    let taps = numbers(5 * 5 * 12 * 8, 89)
    let request = TestRequest.post(
      Array(
        #"{"input":{"shape":[3,20,20,8],"data":[\#(pixels)]},"filters":{"shape":[5,5,12,8],"data":[\#(taps)]},"strides":2,"activation":"tanh"}"#
          .utf8))
    let answers = try [1, 2, 16].map { threads in
      try TestServer { $0.threads = threads }.exchange(request)
    }
    #expect(answers[0].status == 200)
    #expect(answers.allSatisfy { $0.content == answers[0].content })
  }
}
