import Foundation
import Testing
import UpconvTransport

/// HTTP/2 on the port of HTTP/1.1, frame by frame.
@Suite struct HTTP2Tests {
  typealias Client = HTTP2TestClient

  @Test func `The preface is recognised however it is cut`() throws {
    let server = try TestServer()
    let start = Client.preface + Client.settings([]) + Client.tiny(stream: 1)
    for cut in 1..<Client.preface.count + 12 {
      let client = try Client(server.connect(), greets: false)
      try client.send(Array(start.prefix(cut)))
      usleep(1000)
      try client.send(Array(start.dropFirst(cut)))
      #expect(try client.readResponse(stream: 1).text == TestRequest.tinyAnswer, "cut after \(cut)")
    }
    let client = try Client(server.connect(), greets: false)
    for byte in start {
      try client.send([byte])
      usleep(500)
    }
    #expect(try client.readResponse(stream: 1).text == TestRequest.tinyAnswer)
  }

  @Test func `What only begins like the preface is HTTP-1`() throws {
    let server = try TestServer()
    let post = try server.connect()
    try post.send(TestRequest.tiny.prefix(1))
    usleep(50_000)
    try post.send(TestRequest.tiny.dropFirst(1))
    #expect(try post.readResponse().text == TestRequest.tinyAnswer)
    for text in ["PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "PRI * HTTP/1.1\r\nHost: a\r\n\r\n", "PRIVATE / HTTP/1.1\r\n\r\n"]
    {
      let response = try server.exchange(Array(text.utf8))
      #expect(response.status == 501 || response.status == 505, "\(text)")
    }
    // A preface has its place at the start alone.
    let late = try server.connect()
    try late.send(TestRequest.tiny)
    #expect(try late.readResponse().status == 200)
    try late.send(Client.preface)
    #expect(try late.readResponse().status == 505)
  }

  @Test func `Behind the preface nothing is read as HTTP-1`() throws {
    let server = try TestServer()
    let client = try Client(server.connect(), greets: false)
    try client.send(Client.preface + TestRequest.get("/v2/health/live"))
    #expect(try [1, 6].contains(client.readGoAway().code))
    #expect(throws: (any Error).self) { try client.next { $0.type == .data || $0.type == .headers } }
  }

  @Test func `A preface that does not end is answered 408`() throws {
    let server = try TestServer(server: { $0.headTimeout = .seconds(1) })
    let client = try server.connect()
    try client.send(Client.preface.prefix(10))
    #expect(try client.readResponse().status == 408)
  }

  @Test func `A wish to change to HTTP/2 by Upgrade is ignored`() throws {
    let response = try TestServer().exchange(
      TestRequest.get(
        "/v2/health/live",
        fields: [
          ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__"),
        ]))
    #expect(response.status == 200)
    #expect(response["upgrade"] == nil)
  }

  @Test func `HEAD, Expect and trailers`() throws {
    let server = try TestServer()
    let client = try Client(port: server.port)
    try client.send(Client.headers(stream: 1, Client.head("HEAD", "/v2/health/live")))
    let head = try client.readResponse(stream: 1)
    #expect(head.status == 200)
    #expect(head["content-length"] == "14")
    #expect(head.content.isEmpty)

    try client.send(
      Client.headers(stream: 3, Client.postHead + [("expect", "100-continue")], endsStream: false))
    #expect(try client.readHead(stream: 3).status == 100)
    try client.send(Client.data(stream: 3, Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8)))
    #expect(try client.readResponse(stream: 3).text == TestRequest.tinyAnswer)

    // Refused before the content: no 100, and the client is told to keep it.
    try client.send(
      Client.headers(
        stream: 5, Client.head("POST", "/nowhere") + [("expect", "100-continue"), ("content-length", "9")],
        endsStream: false))
    #expect(try client.readResponse(stream: 5).status == 404)
    #expect(try client.next { $0.stream == 5 && $0.type == .reset }.number(at: 0) == 0)

    try client.send(Client.headers(stream: 7, Client.postHead + [("expect", "miracles")]))
    #expect(try client.readResponse(stream: 7).status == 417)

    let content = Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8)
    try client.send(
      Client.headers(stream: 9, Client.postHead, endsStream: false)
        + Client.data(stream: 9, content, endsStream: false)
        + Client.headers(stream: 9, [("x-checksum", "1")]))
    #expect(try client.readResponse(stream: 9).text == TestRequest.tinyAnswer)
    try client.send(
      Client.headers(stream: 11, Client.postHead, endsStream: false)
        + Client.data(stream: 11, content, endsStream: false)
        + Client.headers(stream: 11, [("x-checksum", String(repeating: "1", count: 9000))]))
    #expect(try client.readResponse(stream: 11).status == 431)
  }

  @Test func `Requests without content are told apart as in HTTP-1`() throws {
    let server = try TestServer()
    let client = try Client(port: server.port)
    try client.send(Client.headers(stream: 1, Client.postHead))
    #expect(try client.readResponse(stream: 1).status == 411)
    try client.send(Client.headers(stream: 3, Client.postHead + [("content-length", "0")]))
    #expect(try client.readResponse(stream: 3).status == 400)
    try client.send(Client.headers(stream: 5, Client.postHead, endsStream: false) + Client.data(stream: 5, []))
    #expect(try client.readResponse(stream: 5).status == 400)
  }

  @Test func `A malformed request ends its stream and no other`() throws {
    let post = Client.postHead
    let malformed: [(String, [UInt8])] = [
      ("an upper-case name", Client.headers(stream: 1, post + [("X-Big", "1")])),
      ("no :path", Client.headers(stream: 1, [(":method", "GET"), (":scheme", "http"), (":authority", "a")])),
      ("an empty :path", Client.headers(stream: 1, Client.head("GET", ""))),
      ("two :path", Client.headers(stream: 1, Client.head("GET", "/") + [(":path", "/")])),
      ("a late :path", Client.headers(stream: 1, [("accept", "*/*")] + Client.head("GET", "/"))),
      ("an unknown pseudo-header", Client.headers(stream: 1, Client.head("GET", "/") + [(":proto", "x")])),
      ("Connection", Client.headers(stream: 1, post + [("connection", "close")])),
      ("Transfer-Encoding", Client.headers(stream: 1, post + [("transfer-encoding", "chunked")])),
      ("TE: gzip", Client.headers(stream: 1, post + [("te", "gzip")])),
      ("no host", Client.headers(stream: 1, [(":method", "GET"), (":scheme", "http"), (":path", "/")])),
      ("CR LF in a value", Client.headers(stream: 1, post + [("x", "a\r\nb: c")])),
      ("NUL in a value", Client.headers(stream: 1, post + [("x", "a\0b")])),
      ("CR LF in :path", Client.headers(stream: 1, Client.head("GET", "/\r\nx: y"))),
      ("a blank before a value", Client.headers(stream: 1, post + [("x", " a")])),
      (
        "less content than announced",
        Client.headers(stream: 1, post + [("content-length", "3")], endsStream: false) + Client.data(stream: 1, [32])
      ),
      (
        "more content than announced",
        Client.headers(stream: 1, post + [("content-length", "3")], endsStream: false)
          + Client.data(stream: 1, [32, 32, 32, 32])
      ),
      ("content announced and none", Client.headers(stream: 1, post + [("content-length", "3")])),
      ("two lengths", Client.headers(stream: 1, post + [("content-length", "0"), ("content-length", "0")])),
      ("a length with a sign", Client.headers(stream: 1, post + [("content-length", "+3")], endsStream: false)),
    ]
    let server = try TestServer()
    for (name, frames) in malformed {
      let client = try Client(port: server.port)
      try client.send(frames + Client.tiny(stream: 3))
      #expect(throws: Client.Reset(code: 1), "\(name)") { try client.readResponse(stream: 1) }
      #expect(try client.readResponse(stream: 3).text == TestRequest.tinyAnswer, "\(name)")
    }
  }

  @Test func `What is well-formed but refused gets the answer of HTTP-1`() throws {
    let server = try TestServer()
    let client = try Client(port: server.port)
    let get = Client.head("GET", "/v2/health/live")
    let refused: [(String, [(String, String)], Int)] = [
      ("two hosts", get + [("host", "elsewhere")], 400),
      ("a host that is none", [(":method", "GET"), (":scheme", "http"), (":authority", "a@b"), (":path", "/")], 400),
      ("an unknown method", Client.head("BREW", "/"), 501),
      ("CONNECT", [(":method", "CONNECT"), (":authority", "a:443")], 501),
      ("a path with dots", Client.head("GET", "/../etc"), 400),
      ("a fragment", Client.head("GET", "/#a"), 400),
      ("a long path", Client.head("GET", "/" + String(repeating: "a", count: 9000)), 414),
      ("many fields", get + (0..<101).map { ("x-\($0)", "1") }, 431),
      ("crumbs of cookies", get + (0..<101).map { ("cookie", "a=\($0)") }, 431),
      ("too much announced", Client.postHead + [("content-length", "999999999")], 413),
    ]
    var stream: UInt32 = 1
    for (name, fields, status) in refused {
      try client.send(Client.headers(stream: stream, fields, endsStream: status != 413))
      let answer = Result { try client.readResponse(stream: stream).status }
      #expect((try? answer.get()) == status, "\(name): \(answer)")
      stream += 2
    }
    // The same host twice is one; an asterisk is the server.
    try client.send(
      Client.headers(stream: stream, get + [("host", "LocalHost:80"), ("cookie", "a=1"), ("cookie", "b=2")]))
    #expect(try client.readResponse(stream: stream).status == 200)
    try client.send(Client.headers(stream: stream + 2, Client.head("OPTIONS", "*")))
    #expect(try client.readResponse(stream: stream + 2).status == 204)
  }
}
