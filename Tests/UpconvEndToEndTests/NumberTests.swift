import Foundation
import Testing

/// Numbers at the ends of what JSON and float32 can say, from the request's text to the answer's bits.
@Suite struct NumberTests {
  private static let digits = String(repeating: "3", count: 10_000)

  static let accepted: [(text: String, bits: UInt32)] = [
    ("-0", 0x8000_0000), ("-0.0e400", 0x8000_0000), ("0e400", 0), ("1e-400", 0), ("-1e-400", 0x8000_0000),
    ("1e-45", 1), ("1.1754942e-38", 0x007F_FFFF), ("1.17549435e-38", 0x0080_0000), ("3.4028235e38", 0x7F7F_FFFF),
    // Half of the smallest number is rounded to even, and anything above it up.
    ("7.006492321624085354618e-46", 0), ("7.006492321624085354619e-46", 1),
    ("0.\(digits)", 0x3EAA_AAAB), ("0.\(String(repeating: "0", count: 10_000))1e10001", 0x3F80_0000),
    ("\(digits)e-10000", 0x3EAA_AAAB), ("1\(String(repeating: "0", count: 9_999))E-9999", 0x3F80_0000),
  ]

  private func request(_ number: String) -> [UInt8] {
    TestRequest.post(
      Array(#"{"input":[[[[\#(number)]]]],"filters":[[[[1]]]],"bias":[-0.0]}"#.utf8),
      fields: [("Accept", "application/octet-stream")])
  }

  @Test func `What float32 can hold comes back to the bit, also when it comes in two reads`() throws {
    let server = try TestServer()
    for (text, bits) in Self.accepted {
      let expected = withUnsafeBytes(of: bits.littleEndian, Array.init)
      #expect(try server.exchange(request(text)).content == expected, "\(text.prefix(30))")
      let bytes = request(text)
      for left in [text.utf8.count + 20, text.utf8.count / 2 + 20] {
        let client = try server.connect()
        try client.send(bytes.dropLast(left))
        usleep(2000)
        try client.send(bytes.suffix(left))
        #expect(try client.readResponse().content == expected, "\(text.prefix(30))")
      }
    }
  }

  @Test func `What float32 cannot hold is refused by name`() throws {
    let server = try TestServer()
    for text in [
      "1e400", "-1e400", "3.4028236e38", "1\(Self.digits)", "1e999999999999999999999", "-\(Self.digits)e-9000",
    ] {
      let response = try server.exchange(request(text))
      #expect(response.status == 400)
      let detail = try #require(response.json?["detail"] as? String)
      #expect(detail.contains("float32") && detail.contains(text.prefix(5)), "\(detail)")
      #expect(detail.utf8.count < 300)
    }
  }

  @Test func `Numbers without end are refused before they end`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(
      "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{\"input\":["
        + String(repeating: "3", count: 20_000))
    #expect(try client.readResponse().status == 400)
  }
}
