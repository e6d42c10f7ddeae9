import Testing
import UpconvAccess

/// Rates of requests over real sockets. When the next one may come is tested in `RateLimiterTests`, by a clock of its own.
@Suite struct RateLimitTests {
  private func access(_ change: (inout AccessConfiguration) -> Void) -> AccessConfiguration {
    var access = AccessConfiguration()
    change(&access)
    return access
  }

  private func expectRefusal(_ answer: TestResponse, of counted: String) {
    #expect(answer.status == 429)
    #expect(answer["content-type"] == "application/problem+json")
    let seconds = answer["retry-after"].flatMap { Int($0) } ?? 0
    #expect(3590...3600 ~= seconds, "\(answer["retry-after"] ?? "none")")
    #expect(answer.text.contains("this \(counted) may send 1 request an hour, 100 at once; try again in \(seconds) s"))
  }

  @Test func `The 101st request of an address is 429 where a burst of 100 is allowed, on whatever connection`() throws {
    let server = try TestServer(access: access { $0.ratePerAddress = RequestRate("1/h:100") })
    let client = try server.connect()
    for index in 0..<50 {
      try client.send(TestRequest.tiny)
      #expect(try client.readResponse().text == TestRequest.tinyAnswer, "\(index)")
    }
    for index in 50..<99 { #expect(try server.exchange(TestRequest.get("/nowhere")).status == 404, "\(index)") }
    let second = try HTTP2TestClient(port: server.port)
    try second.send(HTTP2TestClient.tiny(stream: 1))
    #expect(try second.readResponse(stream: 1).text == TestRequest.tinyAnswer)
    try second.send(HTTP2TestClient.tiny(stream: 3))
    expectRefusal(try second.readResponse(stream: 3), of: "address")
    try client.send(TestRequest.tiny)
    expectRefusal(try client.readResponse(), of: "address")
    // Whoever watches over the server is not counted.
    for _ in 0..<10 { #expect(try server.exchange(TestRequest.get("/v2/health/live")).status == 200) }
  }

  @Test func `Each token is counted by itself`() throws {
    let folder = try TokenFolder(["first": Roles(.infer), "second": Roles(.infer)])
    let server = try TestServer(
      access: access { $0.ratePerToken = RequestRate("1/h:100") }, tokens: TokenFile(path: folder.path))
    let client = try server.connect()
    func ask(_ token: String) throws -> TestResponse {
      try client.send(TestRequest.get("/v2", fields: [TestRequest.bearer(token)]))
      return try client.readResponse()
    }
    for index in 0..<100 { #expect(try ask("first").status == 200, "\(index)") }
    expectRefusal(try ask("first"), of: "token")
    #expect(try ask("second").status == 200)
  }

  @Test func `Who tries tokens is counted by address before any token is looked at`() throws {
    let folder = try TokenFolder(["right": Roles(.infer)])
    let server = try TestServer(
      access: access { $0.ratePerAddress = RequestRate("1/h:100") }, tokens: TokenFile(path: folder.path))
    let client = try server.connect()
    func ask(_ token: String) throws -> TestResponse {
      try client.send(TestRequest.get("/v2", fields: [TestRequest.bearer(token)]))
      return try client.readResponse()
    }
    for index in 0..<100 { #expect(try ask("wrong\(index)").status == 401, "\(index)") }
    expectRefusal(try ask("right"), of: "address")
  }

  @Test func `A request that is one too many is refused before its content is read`() throws {
    let server = try TestServer(access: access { $0.ratePerAddress = RequestRate("1/h:1") })
    #expect(try server.exchange(TestRequest.tiny).status == 200)
    let client = try server.connect()
    try client.send(
      "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nContent-Length: 200000000\r\nExpect: 100-continue\r\n\r\n")
    #expect(try client.readResponse().status == 429)
  }
}
