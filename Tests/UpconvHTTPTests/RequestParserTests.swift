import Testing
import UpconvHTTP

@Suite struct RequestParserTests {
  @Test func `A GET is a head and an end`() throws {
    let transcript = RequestTranscript(Samples.get)
    var fields = HTTPFields()
    fields.append("host", "localhost:8000")
    fields.append("accept", "*/*")
    let path = ResourcePath(
      segments: ["v2", "health", "live"], query: [ResourcePath.QueryItem(name: "verbose", value: "1")])
    let head = RequestHead(
      method: .get, target: .resource(path), version: .http11, fields: fields, framing: .none,
      keepsAlive: true,
      expectsContinue: false)
    #expect(transcript.entries == [.head(head), .end])
    #expect(transcript.leftover == 0)
  }

  @Test func `Content of a known length follows its head`() {
    let transcript = RequestTranscript(Samples.post)
    #expect(transcript.heads.first?.framing == .contentLength(11))
    #expect(transcript.heads.first?.expectsContinue == true)
    #expect(transcript.entries.dropFirst() == [.content(Array("{\"a\":[1,2]}".utf8)), .end])
  }

  @Test func `Chunks are joined, their extensions and trailers dropped`() {
    let transcript = RequestTranscript(Samples.chunked)
    #expect(transcript.heads.first?.framing == .chunked)
    #expect(transcript.entries.dropFirst() == [.content(Array("Wikipedia in\r\n".utf8)), .end])
    #expect(transcript.heads.first?.fields.first("digest") == nil)
  }

  @Test func `A length of zero ends with the head`() {
    let transcript = RequestTranscript(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
    #expect(transcript.entries.count == 2)
    #expect(transcript.entries.last == .end)
    #expect(transcript.heads.first?.framing == .contentLength(0))
    #expect(transcript.heads.first?.expectsContinue == false)
  }

  @Test func `Requests may follow each other at once`() {
    let transcript = RequestTranscript(Samples.all.joined())
    #expect(transcript.failure == nil)
    #expect(transcript.heads.map(\.method) == [.get, .post, .put, .get, .get, .put, .put, .post, .get, .get])
    #expect(transcript.contents.count == 5)
    #expect(transcript.entries.last == .end)
    #expect(transcript.leftover == 0)
  }

  @Test(arguments: Samples.all)
  func `Every prefix is a beginning of the whole`(text: String) {
    let bytes = Array(text.utf8)
    let whole = RequestTranscript([bytes])
    #expect(whole.failure == nil)
    for count in 0..<bytes.count {
      let begun = RequestTranscript([Array(bytes[..<count])])
      #expect(begun.failure == nil)
      #expect(begun != whole)
      let entries = begun.entries
      // The last piece of content may be shorter.
      if case .content(let piece) = entries.last, case .content(let full) = whole.entries[entries.count - 1] {
        #expect(entries.dropLast() == whole.entries[..<(entries.count - 1)] && full.starts(with: piece))
      } else {
        #expect(entries[...] == whole.entries.prefix(entries.count))
      }
    }
  }

  @Test(arguments: Samples.all)
  func `Every cut into two gives the same`(text: String) {
    let bytes = Array(text.utf8)
    let whole = RequestTranscript([bytes])
    for count in 0...bytes.count {
      #expect(RequestTranscript([Array(bytes[..<count]), Array(bytes[count...])]) == whole)
    }
  }

  @Test(arguments: Samples.all)
  func `One byte at a time gives the same`(text: String) {
    #expect(RequestTranscript(text.utf8.map { [$0] }) == RequestTranscript(text))
  }

  @Test func `Nothing of an unfinished head is consumed, and nothing of it is looked at twice`() throws {
    var parser = RequestParser(limits: HTTPLimits())
    let bytes = Array("\r\nGET / HTTP/1.1\r\nHost: a\r\n".utf8)
    let first = try bytes.withUnsafeBytes { try parser.next($0) }
    #expect(first == RequestParser.Step(consumed: 2, event: .needMoreBytes))
    // The bytes that were scanned are replaced by others that would be refused, had they been scanned again.
    var rest = [UInt8](repeating: 0, count: bytes.count - 2)
    #expect(try rest.withUnsafeBytes { try parser.next($0) }.event == .needMoreBytes)
    rest = Array(bytes[2...]) + Array("\r\n".utf8)
    let last = try rest.withUnsafeBytes { try parser.next($0) }
    #expect(last.consumed == rest.count)
  }

  @Test func `It tells whether a request has begun`() throws {
    var parser = RequestParser(limits: HTTPLimits())
    #expect(parser.isBetweenRequests)
    _ = try Array("GET".utf8).withUnsafeBytes { try parser.next($0) }
    #expect(!parser.isBetweenRequests)
    let rest = Array(Samples.get.utf8)
    _ = try rest.withUnsafeBytes { try parser.next($0) }
    #expect(!parser.isBetweenRequests)
    #expect(try [].withUnsafeBytes { try parser.next($0) }.event == .end)
    #expect(parser.isBetweenRequests)
  }

  @Test func `After an error it throws the same error for ever`() {
    var parser = RequestParser(limits: HTTPLimits())
    for text in ["GET / HTTP/1.1\nHost: a\r\n\r\n", Samples.get, ""] {
      #expect(throws: RequestError.bareLineFeed) {
        try Array(text.utf8).withUnsafeBytes { bytes throws(RequestError) in try parser.next(bytes) }
      }
    }
  }

  @Test(arguments: [
    ("HTTP/1.1", "", true), ("HTTP/1.1", "close", false), ("HTTP/1.1", "foo, CLOSE", false),
    ("HTTP/1.1", "keep-alive, close", false), ("HTTP/1.1", "closed", true), ("HTTP/1.1", "\"close\"", true),
    ("HTTP/1.0", "", false), ("HTTP/1.0", "Keep-Alive", true), ("HTTP/1.0", "keep-alive,close", false),
    ("HTTP/1.7", "upgrade", true),
  ])
  func `Connection decides whether another request may follow`(
    version: String, value: String, keepsAlive: Bool
  ) {
    let transcript = RequestTranscript("GET / \(version)\r\nHost: a\r\nConnection: \(value)\r\n\r\n")
    #expect(transcript.heads.map(\.keepsAlive) == [keepsAlive])
  }

  @Test func `Higher minor versions are read as 1.1, and TRACE is left to the service`() {
    for minor in 1...9 {
      #expect(
        RequestTranscript("TRACE / HTTP/1.\(minor)\r\nHost: a\r\n\r\n").heads.map(\.version) == [.http11])
    }
    #expect(RequestTranscript("TRACE / HTTP/1.0\r\n\r\n").heads.map(\.method) == [.trace])
  }

  @Test func `Expect means nothing in HTTP 1.0 and nothing without content`() {
    let old = RequestTranscript("POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 1\r\n\r\n")
    #expect(old.heads.map(\.expectsContinue) == [false])
    let empty = RequestTranscript("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-CONTINUE\r\n\r\n")
    #expect(empty.heads.map(\.expectsContinue) == [false])
    let chunked = RequestTranscript(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nTransfer-Encoding: Chunked\r\n\r\n")
    #expect(chunked.heads.map(\.expectsContinue) == [true])
  }

  @Test(arguments: ["chunked,", ",chunked", " , chunked ,,", "chunked ,\t", "CHUNKED,"])
  func `Empty elements of Transfer-Encoding are ignored`(value: String) {
    let transcript = RequestTranscript(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \(value)\r\n\r\n2\r\nab\r\n0\r\n\r\n")
    #expect(transcript.heads.map(\.framing) == [.chunked])
    #expect(transcript.contents == ["ab"])
  }

  @Test func `Empty elements of Expect are ignored`() {
    let transcript = RequestTranscript(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: ,100-continue,\r\nContent-Length: 1\r\n\r\na")
    #expect(transcript.heads.map(\.expectsContinue) == [true])
    let empty = RequestTranscript("POST / HTTP/1.1\r\nHost: a\r\nExpect: ,\r\nContent-Length: 1\r\n\r\na")
    #expect(empty.heads.map(\.expectsContinue) == [false])
  }

  @Test(arguments: [
    "5 ;a", "5\t;a", "5 ; a", "5; a", "5;a =b", "5;a= b", "5;a \t=\t b", "5;a=b ;c", "5;a=\"b\" ; c", "5;a ;b",
    "5 ; a = \"b\"",
  ])
  func `Blanks around ; and = of a chunk extension are ignored`(line: String) {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    let bytes = Array((head + line + "\r\nhello\r\n0 ;z\r\n\r\n").utf8)
    #expect(RequestTranscript([bytes]).contents == ["hello"])
    #expect(RequestTranscript([bytes]).entries.last == .end)
    #expect(RequestTranscript(bytes.map { [$0] }) == RequestTranscript([bytes]))
  }

  @Test func `Values keep what is inside and lose the blanks around it`() {
    let head = RequestTranscript(
      "GET / HTTP/1.1\r\nHost:a\r\nX-Y_z: \t a \tb\t \r\nEmpty:   \r\nX-y_Z:é\r\n\r\n"
    ).heads.first
    #expect(head?.fields.values(of: "x-y_z") == ["a \tb", "é"])
    #expect(head?.fields.values(of: "empty") == [""])
  }
}
