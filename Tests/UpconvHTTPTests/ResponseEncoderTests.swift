import Testing
import UpconvHTTP

@Suite struct ResponseEncoderTests {
  private let date = HTTPDate(secondsSince1970: 784_111_777)

  private struct Source: ContentSource {
    var length: Int?
    var heldBytes: Int { 0 }
    mutating func withNextBytes(_ body: (UnsafeRawBufferPointer) -> Int) {}
  }

  private func encode(
    _ response: Response, method: HTTPMethod? = .get, version: RequestHead.Version = .http11,
    keepsAlive: Bool = true
  ) -> (text: String, delivery: ResponseDelivery) {
    var output = Array("before".utf8)
    let delivery = ResponseEncoder.appendHead(
      of: response, method: method, version: version, keepsAlive: keepsAlive, date: date, to: &output)
    let text = String(decoding: output, as: UTF8.self)
    #expect(text.hasPrefix("before"))
    return (String(text.dropFirst(6)), delivery)
  }

  private func fields(_ pairs: (String, String)...) -> HTTPFields {
    var fields = HTTPFields()
    for (name, value) in pairs { fields.append(name, value) }
    return fields
  }

  @Test func `An answer with bytes`() {
    let (text, delivery) = encode(
      Response(
        status: .ok, fields: fields(("content-type", "text/plain"), ("vary", "Accept")),
        content: .bytes([1, 2])))
    #expect(
      text == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
        + "Vary: Accept\r\nContent-Length: 2\r\n\r\n")
    #expect(delivery == .init(framing: .contentLength(2), closes: false))
  }

  @Test(arguments: [HTTPMethod.get, .head], [true, false])
  func `A head that was prepared is the head that would be written`(method: HTTPMethod, keepsAlive: Bool) {
    let response = Response(status: .ok, fields: fields(("content-type", "a/b")), content: .bytes([1, 2, 3]))
    for version in [RequestHead.Version.http10, .http11] {
      let plain = encode(response, method: method, version: version, keepsAlive: keepsAlive)
      let prepared = encode(response.withPreparedHead(), method: method, version: version, keepsAlive: keepsAlive)
      #expect(prepared.text == plain.text)
      #expect(prepared.delivery == plain.delivery)
    }
    var changed = response.withPreparedHead()
    changed.status = .notFound
    #expect(encode(changed).text.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
  }

  @Test func `An answer without content says so`() {
    let (text, delivery) = encode(Response(status: .notFound), method: nil, keepsAlive: false)
    #expect(
      text == "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n"
        + "Connection: close\r\n\r\n")
    #expect(delivery == .init(framing: .none, closes: true))
  }

  @Test func `Content of unknown length is chunked, or ended by the connection in HTTP 1.0`() {
    let response = Response(status: .ok, content: .source(Source(length: nil)))
    let (new, newDelivery) = encode(response)
    #expect(
      new == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nTransfer-Encoding: chunked\r\n\r\n")
    #expect(newDelivery == .init(framing: .chunked, closes: false))
    let (old, oldDelivery) = encode(response, version: .http10)
    #expect(old == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\n")
    #expect(oldDelivery == .init(framing: .untilClose, closes: true))
  }

  @Test func `HTTP 1.0 is told that its connection is kept`() {
    let (text, delivery) = encode(
      Response(status: .ok, content: .source(Source(length: 7))), version: .http10)
    #expect(
      text == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 7\r\n"
        + "Connection: keep-alive\r\n\r\n")
    #expect(delivery == .init(framing: .contentLength(7), closes: false))
  }

  @Test func `HEAD has the head of GET and nothing after it`() {
    for content in [
      Response.Content.bytes([1, 2, 3]), .source(Source(length: 3)), .source(Source(length: nil)), .none,
    ] {
      let response = Response(status: .ok, content: content)
      #expect(encode(response, method: .head).text == encode(response).text)
      #expect(encode(response, method: .head).delivery.framing == .none)
    }
  }

  @Test(arguments: [204, 304])
  func `No length and no content where the status forbids them`(code: Int) {
    let (text, delivery) = encode(Response(status: Status(code, "X"), content: .bytes([1])))
    #expect(text == "HTTP/1.1 \(code) X\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n")
    #expect(delivery.framing == .none)
  }

  @Test func `An interim answer has neither framing nor Connection, and closes nothing`() {
    let (text, delivery) = encode(Response(status: Status(100, "Continue")), keepsAlive: false)
    #expect(Array(text.utf8) == ResponseEncoder.continueResponse)
    #expect(text == "HTTP/1.1 100 Continue\r\n\r\n")
    #expect(delivery == .init(framing: .none, closes: false))
  }

  @Test func `A 205 has no content`() {
    let (text, delivery) = encode(Response(status: Status(205, "Reset Content"), content: .bytes([1])))
    #expect(text.contains("\r\nContent-Length: 0\r\n"))
    #expect(delivery.framing == .none)
  }

  @Test func `Framing that a handler sets is left out`() {
    let (text, _) = encode(
      Response(
        status: .ok,
        fields: fields(
          ("content-length", "9"), ("transfer-encoding", "chunked"), ("Connection", "upgrade"),
          ("date", "now"), ("x", "y")),
        content: .bytes([1])))
    #expect(
      text == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX: y\r\nContent-Length: 1\r\n\r\n")
  }

  @Test func `What could split an answer is replaced by an empty 500`() {
    let replaced =
      "HTTP/1.1 500 Internal Server Error\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n"
      + "Connection: close\r\n\r\n"
    let unfit = [
      Response(status: .ok, fields: fields(("x", "a\r\nSet-Cookie: b")), content: .bytes([1])),
      Response(status: .ok, fields: fields(("x", "a\nb"))),
      Response(status: .ok, fields: fields(("x", "a\rb"))),
      Response(status: .ok, fields: fields(("x", "a\u{0}b"))),
      Response(status: .ok, fields: fields(("x y", "a"))),
      Response(status: .ok, fields: fields(("", "a"))),
      Response(status: .ok, fields: fields(("x\r\ny", "a"))),
      Response(status: .ok, fields: fields(("date", "a\r\n"))), Response(status: Status(200, "OK\r\nX: y")),
      Response(status: Status(99, "x")), Response(status: Status(-200, "x")),
      Response(status: Status(1000, "x")),
    ]
    for response in unfit {
      let (text, delivery) = encode(response)
      #expect(text == replaced)
      #expect(delivery == .init(framing: .none, closes: true, isReplaced: true))
    }
  }

  @Test(arguments: [(1, "1\r\n"), (10, "a\r\n"), (65_536, "10000\r\n"), (0, ""), (-1, "")])
  func `A chunk size is hexadecimal, and no chunk is empty`(size: Int, line: String) {
    var output: [UInt8] = []
    ResponseEncoder.appendChunkSize(size, to: &output)
    #expect(output == Array(line.utf8))
  }

  @Test func `Chunks written here are read here`() {
    var output = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    for piece in ["hello, ", "world, this is more than sixteen"] {
      ResponseEncoder.appendChunkSize(piece.utf8.count, to: &output)
      output += Array(piece.utf8) + ResponseEncoder.chunkEnd
    }
    output += ResponseEncoder.lastChunk
    let transcript = RequestTranscript([output])
    #expect(transcript.contents == ["hello, world, this is more than sixteen"])
    #expect(transcript.entries.last == .end)
  }
}
