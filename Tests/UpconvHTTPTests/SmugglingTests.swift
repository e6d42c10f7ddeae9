import Testing
import UpconvHTTP

/// Spellings that some servers take for a length, a coding or a line end. None may be understood here.
@Suite struct SmugglingTests {
  private func failure(_ bytes: [UInt8]) -> RequestError? { RequestTranscript([bytes]).failure }

  private func head(_ name: String, _ value: [UInt8], after: String = "") -> [UInt8] {
    Array("POST / HTTP/1.1\r\nHost: a\r\n\(name):".utf8) + value + Array("\r\n\r\n".utf8) + Array(after.utf8)
  }

  @Test(arguments: [
    "+5", "-0", "-5", "0x5", "5_0", "1 0", "5,5", "5, 5", "5;", "5.0", "5e0", "0b1", "0o7", "\"5\"", "٥", "５",
    "²", "5h", "h5",
    "99999999999999999999", "18446744073709551621", "", " ", "\t",
  ])
  func `A length is digits`(value: String) {
    let trimmed = value == " " || value == "\t" ? "" : value
    guard case .invalidContentLength(let got) = failure(head("Content-Length", Array(value.utf8))) else {
      Issue.record("\(value) was taken for a length")
      return
    }
    if trimmed.utf8.allSatisfy({ $0 < 0x80 }) { #expect(got == trimmed) }
  }

  @Test(arguments: [[0x0B, 0x35], [0x35, 0x0C], [0x35, 0x00], [0x7F, 0x35]] as [[UInt8]])
  func `Controls are no white space around a length`(value: [UInt8]) {
    #expect(failure(head("Content-Length", value)) == .invalidFieldValue(name: "content-length"))
  }

  @Test(arguments: [[0x85, 0x35], [0x35, 0xA0], [0xC2, 0xA0, 0x35], [0x35, 0xC2, 0x85]] as [[UInt8]])
  func `Octets above ASCII are no white space around a length`(value: [UInt8]) throws {
    guard case .invalidContentLength = failure(head("Content-Length", value)) else {
      Issue.record("taken for a length")
      return
    }
  }

  @Test func `Blanks and tabs around a length and a coding are white space, leading zeros are digits`() {
    #expect(
      RequestTranscript([head("Content-Length", Array(" \t 005 \t".utf8), after: "hello")]).contents == [
        "hello"
      ])
    let chunked = head("Transfer-Encoding", Array("\t CHUNKED \t".utf8), after: "5\r\nhello\r\n0\r\n\r\n")
    #expect(RequestTranscript([chunked]).contents == ["hello"])
  }

  @Test(
    arguments: [
      [0x0B], [0x0C], [0x00], [0x08], [0x7F],
    ] as [[UInt8]])
  func `Controls are no white space around a coding`(octets: [UInt8]) {
    let chunked = Array("chunked".utf8)
    for value in [octets + chunked, chunked + octets] {
      #expect(failure(head("Transfer-Encoding", value)) == .invalidFieldValue(name: "transfer-encoding"))
    }
  }

  @Test(arguments: [[0x85], [0xA0], [0xC2, 0xA0], [0xE2, 0x80, 0x8B], [0xEF, 0xBB, 0xBF]] as [[UInt8]])
  func `Octets above ASCII are no white space around a coding`(octets: [UInt8]) {
    let chunked = Array("chunked".utf8)
    for value in [octets + chunked, chunked + octets] {
      guard case .malformedTransferEncoding = failure(head("Transfer-Encoding", value)) else {
        Issue.record("taken for a coding")
        return
      }
    }
  }

  @Test func `Letters that fold to ASCII elsewhere are not chunked`() {
    // KELVIN SIGN lower-cases to k.
    guard case .malformedTransferEncoding = failure(head("Transfer-Encoding", Array("chun\u{212A}ed".utf8)))
    else {
      Issue.record("taken for chunked")
      return
    }
  }

  @Test func `Two codings fields are refused, whatever they say`() {
    for values in [("chunked", "chunked"), ("chunked", "identity"), ("identity", "chunked"), ("", "chunked")] {
      let text =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \(values.0)\r\n"
        + "Transfer-Encoding: \(values.1)\r\n\r\n"
      guard case .malformedTransferEncoding = failure(Array(text.utf8)) else {
        Issue.record("\(values) was taken")
        return
      }
    }
  }

  @Test(arguments: [
    "Transfer-Encoding ", "Transfer-Encoding\t", "Transfer-Encoding\u{b}", "\u{a0}Transfer-Encoding",
  ])
  func `A name with white space is no name`(name: String) {
    guard case .invalidFieldName = failure(head(name, Array("chunked".utf8))) else {
      Issue.record("taken for a name")
      return
    }
  }

  @Test func `An underscore is no hyphen`() {
    let transcript = RequestTranscript(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\nContent_Length: 5\r\n\r\n")
    #expect(transcript.heads.map(\.framing) == [.none])
    #expect(transcript.entries.last == .end)
  }

  @Test func `A folded coding is refused`() {
    #expect(failure(head("Transfer-Encoding", Array("\r\n chunked".utf8))) == .obsoleteLineFolding)
    #expect(failure(head("Transfer-Encoding", Array(" x\r\n\tchunked".utf8))) == .obsoleteLineFolding)
  }

  @Test func `A line end other than CRLF ends nothing`() {
    #expect(failure(head("X", Array("a\nTransfer-Encoding: chunked".utf8))) == .bareLineFeed)
    #expect(failure(head("X", Array("a\rTransfer-Encoding: chunked".utf8))) == .bareCarriageReturn)
    #expect(failure(head("X", Array("a\r\rTransfer-Encoding: chunked".utf8))) == .bareCarriageReturn)
    // NEL and LINE SEPARATOR end lines in Unicode only.
    let head = RequestTranscript([head("X", Array("a\u{85}b\u{2028}c".utf8))]).heads.first
    #expect(head?.fields.values(of: "x") == ["a\u{85}b\u{2028}c"])
  }

  @Test func `Content is never read as a request`() {
    let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    let transcript = RequestTranscript(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n" + hidden + Samples.get)
    #expect(transcript.heads.count == 2)
    #expect(transcript.contents == [hidden])
    let get = RequestTranscript(
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n" + hidden)
    #expect(get.heads.count == 1)
  }
}
