import Testing
import UpconvAccess
import UpconvTransport

/// What pages from elsewhere are told (Fetch Standard, CORS protocol).
@Suite struct CrossOriginTests {
  private let origin = ("Origin", "https://app.example")

  private func server(
    rate: String? = nil, tokens: TokenFolder? = nil, _ origins: String...
  ) throws -> TestServer {
    var access = AccessConfiguration()
    access.origins = origins.compactMap { WebOrigin($0) }
    access.ratePerAddress = rate.flatMap { RequestRate($0) }
    return try TestServer(access: access, tokens: tokens.map { try TokenFile(path: $0.path) })
  }

  private func names(_ answer: TestResponse) -> [String] {
    answer.fields.map(\.name).filter { $0.hasPrefix("access-control-") }
  }

  private func preflight(_ path: String, _ origin: (String, String)) -> [UInt8] {
    TestRequest.get(
      path, method: "OPTIONS",
      fields: [
        origin, ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization, content-type"),
      ])
  }

  @Test func `By default no page from elsewhere is told anything`() throws {
    let server = try server()
    for request in [preflight("/v1/conv2d_transpose", origin), TestRequest.get("/v2", fields: [origin])] {
      let answer = try server.exchange(request)
      #expect(names(answer).isEmpty)
      #expect(answer["vary"] == nil)
    }
  }

  @Test func `A known origin may ask with a token, though its question brings none`() throws {
    let folder = try TokenFolder(["good": Roles(.infer)])
    let server = try server(tokens: folder, "https://other.example", "https://app.example")
    let answer = try server.exchange(preflight("/v1/conv2d_transpose", origin))
    #expect(answer.status == 204)
    #expect(answer["access-control-allow-origin"] == "https://app.example")
    #expect(answer["access-control-allow-methods"] == "OPTIONS, POST")
    #expect(answer["access-control-allow-headers"]?.hasPrefix("authorization, content-encoding, content-type") == true)
    #expect(answer["access-control-allow-credentials"] == nil)
    #expect(answer["vary"] == "Origin")
    let computed = try server.post(
      Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8), fields: [origin, TestRequest.bearer("good")])
    #expect(computed.text == TestRequest.tinyAnswer)
    #expect(computed["access-control-allow-origin"] == "https://app.example")
    #expect(computed["access-control-expose-headers"]?.contains("retry-after") == true)
  }

  @Test func `Refusals can be read there, too, whoever makes them`() throws {
    let folder = try TokenFolder(["good": Roles(.infer)])
    let server = try server(rate: "1/h:5", tokens: folder, "https://app.example")
    let bearer = TestRequest.bearer("good")
    var answers = [
      try server.post("{}", fields: [origin]), try server.post("{}", fields: [origin, bearer]),
      try server.post("{}", fields: [origin, bearer, ("Content-Encoding", "br")]),
      try server.exchange(TestRequest.get("/nowhere", fields: [origin])),
      try server.exchange(TestRequest.get("/metrics", fields: [origin, bearer])),
    ]
    answers.append(try server.post("{}", fields: [origin, bearer]))
    #expect(answers.map(\.status) == [401, 400, 415, 404, 403, 429])
    for answer in answers {
      #expect(answer["access-control-allow-origin"] == "https://app.example", "\(answer.status)")
    }
  }

  @Test func `An answer from the compute queue has it, and one whose time is over`() throws {
    var access = AccessConfiguration()
    access.origins = [WebOrigin("https://app.example")].compactMap(\.self)
    let server = try TestServer(access: access, server: { $0.requestTimeout = .seconds(1) })
    // 32 channels of 32×32, too many for the event loop.
    let channels = Array(repeating: "1", count: 32).joined(separator: ",")
    let input = Array(repeating: channels, count: 32 * 32).joined(separator: ",")
    let filters = Array(repeating: channels, count: 9 * 8).joined(separator: ",")
    let large =
      #"{"input":{"shape":[1,32,32,32],"data":[\#(input)]},"filters":{"shape":[3,3,8,32],"data":[\#(filters)]}}"#
    let computed = try server.post(large, fields: [origin])
    // 503 where the machine is so busy that its time is over, too.
    #expect([200, 503].contains(computed.status))
    #expect(computed["access-control-allow-origin"] == "https://app.example")
    let slow = try server.connect()
    try slow.send(TestRequest.post(Array("{ }".utf8), fields: [origin]).dropLast())
    let refused = try slow.readResponse()
    #expect(refused.status == 408)
    #expect(refused["access-control-allow-origin"] == "https://app.example")
  }

  @Test func `Other origins get no such field, and answers say that they depend on it`() throws {
    let server = try server("https://app.example")
    for other in ["https://evil.example", "null", "https://app.example.evil.example", "http://app.example"] {
      for request in [
        preflight("/v1/conv2d_transpose", ("Origin", other)), TestRequest.get("/v2", fields: [("Origin", other)]),
      ] {
        let answer = try server.exchange(request)
        #expect(names(answer).isEmpty, "\(other)")
        #expect(answer["vary"] == "Origin")
      }
    }
    #expect(try server.exchange(TestRequest.get("/v2")).fields.contains { $0.name == "vary" && $0.value == "Origin" })
  }
}
