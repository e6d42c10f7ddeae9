import Testing
import UpconvHTTP

/// RFC 9112 over real sockets, byte by byte.
@Suite struct FramingTests {
  @Test func `A connection serves one request after another`() throws {
    let server = try TestServer()
    let client = try server.connect()
    for _ in 0..<3 {
      try client.send(TestRequest.tiny)
      let response = try client.readResponse()
      #expect(response.status == 200)
      #expect(response.text == TestRequest.tinyAnswer)
      #expect(response["connection"] == nil)
    }
  }

  @Test func `Requests that are sent ahead are answered in order`() throws {
    let server = try TestServer()
    let client = try server.connect()
    var ahead: [UInt8] = []
    for value in 1...50 {
      // Every fifth is large enough to be computed on another thread.
      let size = value % 5 == 0 ? 40 : 1
      let pixel = "[" + [String](repeating: "[\(value)]", count: size).joined(separator: ",") + "]"
      let image = [String](repeating: pixel, count: size).joined(separator: ",")
      let filters =
        "["
        + [String](repeating: "[[[1]],[[1]],[[1]],[[1]],[[1]],[[1]],[[1]],[[1]],[[1]],[[1]],[[1]],[[1]]]", count: 12)
        .joined(separator: ",") + "]"
      ahead += TestRequest.post(
        Array("{\"input\":[[\(image)]],\"filters\":\(size == 1 ? "[[[[1]]]]" : filters)}".utf8))
    }
    ahead += TestRequest.get("/v2/health/live")
    try client.send(ahead)
    for value in 1...50 {
      let (shape, data) = try #require(try client.readResponse().tensor)
      let isLarge = value % 5 == 0
      #expect(shape == (isLarge ? [1, 40, 40, 1] : [1, 1, 1, 1]))
      #expect(data[0] == Float(isLarge ? value * 36 : value), "request \(value)")
    }
    #expect(try client.readResponse().text == "{\"live\":true}\n")
  }

  @Test func `Content comes in chunks, with extensions and trailers`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "9;name=\"a;b\"\r\n{\"input\":\r\n1a\r\n[[[[3]]]],\"filters\":[[[[2]\r\n4;x=y\r\n]]]}\r\n0\r\nDigest: none\r\n\r\n"
        + "GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(try client.readResponse().text == TestRequest.tinyAnswer)
    #expect(try client.readResponse().status == 200)
  }

  @Test func `A client that waits for 100 Continue gets it`() throws {
    let server = try TestServer()
    let client = try server.connect()
    let content = #"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#
    try client.send(
      "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        + "Content-Length: \(content.utf8.count)\r\n\r\n")
    #expect(try client.readResponse().status == 100)
    try client.send(content)
    #expect(try client.readResponse().text == TestRequest.tinyAnswer)
  }

  @Test func `A client that waits and will be refused gets the refusal instead`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        + "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n")
    let response = try client.readResponse()
    #expect(response.status == 415)
    #expect(response["connection"] == "close")
    #expect(client.readsEnd())
  }

  @Test func `HEAD answers as GET does, without content`() throws {
    let server = try TestServer()
    let client = try server.connect()
    for path in ["/v2/health/live", "/v2/health/ready", "/openapi.yaml"] {
      try client.send(TestRequest.get(path))
      let get = try client.readResponse()
      try client.send(TestRequest.get(path, method: "HEAD"))
      let head = try client.readResponse(toHEAD: true)
      #expect(head.status == get.status)
      #expect(head["content-length"] == String(get.content.count))
      #expect(head["content-type"] == get["content-type"])
    }
    // Were there content behind a HEAD, the next answer would not be read.
    try client.send(TestRequest.tiny)
    #expect(try client.readResponse().status == 200)
  }

  @Test func `OPTIONS tells the methods of a resource and of the server`() throws {
    let server = try TestServer()
    let client = try server.connect()
    for (path, allow) in [
      ("/v1/conv2d_transpose", "OPTIONS, POST"), ("/v2/health/live", "GET, HEAD, OPTIONS"),
      ("*", "GET, HEAD, OPTIONS, POST"),
    ] {
      try client.send(TestRequest.get(path, method: "OPTIONS"))
      let response = try client.readResponse()
      #expect(response.status == 204)
      #expect(response["allow"] == allow)
      #expect(response["content-length"] == nil)
    }
  }

  @Test(arguments: ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"])
  func `A method that a resource has not is answered 405 with Allow`(method: String) throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(TestRequest.get("/v1/conv2d_transpose", method: method))
    let response = try client.readResponse(toHEAD: method == "HEAD")
    #expect(response.status == 405)
    #expect(response["allow"] == "OPTIONS, POST")
    try client.send(TestRequest.tiny)
    #expect(try client.readResponse().status == 200)
  }

  @Test func `An unknown path is answered 404, and the connection goes on`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(TestRequest.post(Array("{}".utf8), path: "/v1/conv3d"))
    #expect(try client.readResponse().status == 404)
    try client.send(TestRequest.tiny)
    #expect(try client.readResponse().status == 200)
  }

  @Test func `Connection: close is honoured and said`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(TestRequest.get("/v2/health/live", fields: [("Connection", "close")]))
    let response = try client.readResponse()
    #expect(response["connection"] == "close")
    #expect(client.readsEnd())
  }

  @Test func `HTTP/1.0 gets a length or the end of the connection, never chunks`() throws {
    let server = try TestServer()
    let live = try server.connect()
    try live.send("GET /v2/health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    let first = try live.readResponse()
    #expect(first["connection"] == "keep-alive")
    #expect(first.text == "{\"live\":true}\n")
    // An answer that is written while it is sent: 70×70 numbers.
    let row = "[" + [String](repeating: "[1]", count: 70).joined(separator: ",") + "]"
    let content =
      "{\"input\":[[" + [String](repeating: row, count: 70).joined(separator: ",") + "]],\"filters\":[[[[1]]]]}"
    try live.send("POST /v1/conv2d_transpose HTTP/1.0\r\nContent-Length: \(content.utf8.count)\r\n\r\n" + content)
    let large = try live.readResponse()
    #expect(large["transfer-encoding"] == nil)
    #expect(large["connection"] == "close")
    #expect(large.tensor?.shape == [1, 70, 70, 1])
  }

  @Test func `Answers carry the date`() throws {
    let server = try TestServer()
    for request in [TestRequest.tiny, TestRequest.get("/nowhere"), TestRequest.get("/openapi.yaml")] {
      let date = try #require(try server.exchange(request)["date"])
      #expect(
        date.wholeMatch(of: /(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT/) != nil)
    }
  }

  /// What is refused on the wire, with the status; each time the connection is closed.
  static let refused: [(bytes: String, status: Int)] = [
    ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\nHost: a\n\n", 400),
    ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: b\u{0}\r\n\r\n", 400),
    ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 120) + "\r\n", 431),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 70_000))\r\n\r\n", 431),
    ("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501),
    ("GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", 413),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400),
    ("POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{x", 400),
    ("POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\n{\r\n", 400),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\n\n", 505),
  ]

  @Test(arguments: refused.indices)
  func `What RFC 9112 forbids is refused, and the connection closed`(index: Int) throws {
    let (bytes, status) = FramingTests.refused[index]
    let server = try TestServer()
    let client = try server.connect()
    // A second request behind it must never be answered: that would be smuggling.
    try client.send(bytes + "GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n")
    let response = try client.readResponse()
    #expect(response.status == status, "\(bytes.prefix(80)) \(response.text)")
    #expect(response["connection"] == "close")
    #expect(response["content-type"] == "application/problem+json")
    #expect(client.readsEnd())
    #expect(try server.exchange(TestRequest.tiny).text == TestRequest.tinyAnswer)
  }

  @Test func `An early answer to chunks keeps the connection if their end has come, and closes it if not`() throws {
    let server = try TestServer()
    let head = "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    let ended = try server.connect()
    try ended.send(head + "3\r\nabc\r\n0\r\n\r\n")
    let answer = try ended.readResponse()
    #expect(answer.status == 404 && answer["connection"] == nil)
    try ended.send(TestRequest.tiny)
    #expect(try ended.readResponse().text == TestRequest.tinyAnswer)

    let large = try server.connect()
    try large.send(head + "20000\r\n" + String(repeating: " ", count: 0x20000))
    let closing = try large.readResponse()
    #expect(closing.status == 404 && closing["connection"] == "close")

    // A client that waits for its answer before it goes on.
    let waiting = try server.connect()
    try waiting.send(head + "3\r\nabc\r\n")
    #expect(try waiting.readResponse().status == 404)
    #expect(waiting.readsEnd())
  }
}
