import Foundation
import Testing
import UpconvCompression

/// Every request of these tests that HTTP/2 can say, over both versions: the same status, fields and content.
@Suite struct SameAnswersTests {
  /// One request, as both versions have it.
  struct Request {
    var method = "POST"
    var target = "/v1/conv2d_transpose"
    var fields: [(String, String)] = []
    var content: [UInt8] = []
  }

  /// Answers of curl over HTTP/2. Each request has a host name, and so a connection, of its own: curl 7.88 cannot use
  /// one again that began with prior knowledge (curl's pull request 10643).
  private func overHTTP2(_ requests: [Request], _ server: TestServer) throws -> [TestResponse] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var lines: [String] = []
    for (index, request) in requests.enumerated() {
      let file = folder.appendingPathComponent("\(index)").path
      if index > 0 { lines.append("next") }
      lines += ["http2-prior-knowledge", "silent", "globoff", "path-as-is"]
      lines += [#"url = "http://h\#(index).test:\#(server.port)\#(request.target)""#]
      lines += [#"request = "\#(request.method)""#, #"dump-header = "\#(file).head""#, #"output = "\#(file).content""#]
      lines += ["user-agent =", #"header = "Accept:""#, #"header = "Content-Type:""#, #"header = "Expect:""#]
      lines.append(#"connect-to = "h\#(index).test:\#(server.port):127.0.0.1:\#(server.port)""#)
      if request.method == "HEAD" { lines.append("head") }
      for (name, value) in request.fields {
        lines.append(#"header = "\#(name): \#(value)""#)
      }
      if request.method == "POST" {
        try Data(request.content).write(to: URL(fileURLWithPath: file + ".request"))
        lines.append(#"data-binary = "@\#(file).request""#)
      }
    }
    let config = folder.appendingPathComponent("config")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: config)
    let result = try Program.run(try Program.find("curl"), ["--config", config.path])
    guard result.status == 0 else { throw TestClient.Failure("curl: \(result.status) \(result.errors)") }
    return try requests.indices.map { index in
      let file = folder.appendingPathComponent("\(index)").path
      let head = try String(contentsOfFile: file + ".head", encoding: .utf8).components(separatedBy: "\r\n")
      let words = head[0].split(separator: " ")
      guard words.count == 2, words[0] == "HTTP/2", let status = Int(words[1]) else {
        throw TestClient.Failure("not an answer of HTTP/2: \(head[0])")
      }
      let fields = head.dropFirst().filter { !$0.isEmpty }.map { line in
        let parts = line.split(separator: ":", maxSplits: 1)
        return (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
      }
      let content = FileManager.default.contents(atPath: file + ".content").map(Array.init) ?? []
      // curl writes the head where the content of HEAD would go.
      return TestResponse(
        status: status, fields: fields, content: requests[index].method == "HEAD" ? [] : content)
    }
  }

  private func overHTTP1(_ request: Request, _ client: TestClient) throws -> TestResponse {
    let bytes =
      request.method == "POST"
      ? TestRequest.post(request.content, path: request.target, type: nil, fields: request.fields)
      : TestRequest.get(request.target, method: request.method, fields: request.fields)
    try client.send(bytes)
    return try client.readResponse(toHEAD: request.method == "HEAD")
  }

  private func expectSame(_ requests: [Request]) throws {
    let server = try TestServer()
    let second = try overHTTP2(requests, server)
    for (request, second) in zip(requests, second) {
      var first = try overHTTP1(request, server.connect())
      var second = second
      let start = String(decoding: request.content.prefix(80), as: UTF8.self)
      let name = "\(request.method) \(request.target) \(request.fields) \(start)"
      #expect(first.status == second.status, "\(name)")
      // Which pieces a compressor saw decides its bytes.
      if first["content-encoding"] == "gzip", second["content-encoding"] == "gzip" {
        first.content = try inflate(first.content)
        second.content = try inflate(second.content)
      }
      #expect(first.content == second.content, "\(name)")
      // Framing and the connection are the version's own.
      // Durations differ from one request to the next.
      let own = ["date", "connection", "transfer-encoding", "server-timing"]
      func others(_ response: TestResponse) -> [String] {
        response.fields.filter { !own.contains($0.name) }.map { "\($0.name): \($0.value)" }.sorted()
      }
      #expect(others(first) == others(second), "\(name)")
    }
  }

  @Test func `The examples of the OpenAPI document`() throws {
    let document = try OpenAPIDocument(TestServer().exchange(TestRequest.get("/openapi.yaml")).text)
    let pairs = try document.examplePairs()
    #expect(pairs.count > 5)
    try expectSame(
      pairs.map { pair in
        Request(
          target: pair.operation.path + pair.request.query, fields: pair.request.fields.map { ($0.key, $0.value) },
          content: Array(pair.request.text.utf8))
      })
  }

  @Test func `The reference cases of TensorFlow and PyTorch, in JSON, safetensors and gzip`() throws {
    let json = [("content-type", "application/json")]
    let binary = [("content-type", "application/vnd.safetensors")]
    var requests: [Request] = []
    for golden in try GoldenCase.all() {
      let safetensors = try golden.safetensors()
      requests += [
        Request(fields: json, content: Array(golden.json(nested: false).utf8)),
        Request(fields: binary, content: safetensors),
        Request(fields: binary + [("accept", "application/json"), ("accept-encoding", "gzip")], content: safetensors),
        Request(fields: binary + [("content-encoding", "gzip")], content: Deflater.gzip(safetensors)),
      ]
    }
    try expectSame(requests)
  }

  @Test func `What is refused`() throws {
    let json = [("content-type", "application/json")]
    var requests = BadInputTests.refusedJSON.map { Request(fields: json, content: Array($0.json.utf8)) }
    for target in ["/", "/nowhere", "/v1/conv2d_transpose?strides=0", "/v1/conv2d_transpose?nonsense=1", "/%zz"] {
      requests.append(Request(target: target, fields: json, content: Array("{}".utf8)))
    }
    for fields in [
      [("content-type", "text/plain")], [("content-type", "application/json"), ("content-encoding", "br")],
      [("content-type", "application/json"), ("accept", "image/png")],
      [("content-type", "application/json"), ("expect", "miracles")], [],
    ] {
      requests.append(Request(fields: fields, content: Array("{}".utf8)))
    }
    try expectSame(requests)
  }

  @Test func `Every method at every path`() throws {
    var requests: [Request] = []
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
      for target in ["/v2/health/live", "/v2/health/ready", "/openapi.yaml", "/v1/conv2d_transpose", "/nowhere"] {
        requests.append(Request(method: method, target: target))
      }
    }
    try expectSame(requests)
  }
}
