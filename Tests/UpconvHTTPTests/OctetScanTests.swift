import Testing

@testable import UpconvHTTP

@Suite struct OctetScanTests {
  /// Every octet at every place of texts of up to three words, between octets that could be mistaken for it.
  @Test(arguments: [UInt8(0x00), 0x1F, 0x20, 0x7E, 0x7F, 0x80, 0xA0, 0xFF])
  func `The first octet that is looked for is found, and no other`(neighbour: UInt8) {
    let isControl = { (octet: UInt8) in octet < 0x20 || octet == 0x7F }
    var wrong = 0
    for count in 0...20 {
      for place in 0..<count {
        for octet in UInt8.min...UInt8.max {
          var text = [UInt8](repeating: neighbour, count: count)
          text[place] = octet
          text.withUnsafeBytes { bytes in
            let control = OctetScan.firstControl(in: bytes, from: 0, to: count)
            let first = OctetScan.first(octet, in: bytes, from: 0, to: count)
            if control != text.firstIndex(where: isControl) ?? count { wrong += 1 }
            if first != text.firstIndex(of: octet) { wrong += 1 }
          }
        }
      }
    }
    #expect(wrong == 0)
  }

  @Test func `Nothing is looked at outside of the bounds`() {
    let text = [UInt8](repeating: 0, count: 40)
    text.withUnsafeBytes { bytes in
      #expect(OctetScan.firstControl(in: bytes, from: 7, to: 7) == 7)
      #expect(OctetScan.first(1, in: bytes, from: 3, to: 31) == 31)
    }
  }

  @Test func `Sets of octets are what the grammar lists`() {
    let alphanumeric = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    let token = Set(alphanumeric + Array("!#$%&'*+-.^_`|~".utf8))
    let path = Set(alphanumeric + Array("-._~!$&'()*+,;=:@".utf8))
    for octet in UInt8.min...UInt8.max {
      #expect(octet.isTokenByte == token.contains(octet))
      #expect(octet.isPathByte == path.contains(octet))
    }
  }
}
