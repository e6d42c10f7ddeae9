import Testing
import UpconvDigest

@Suite struct SHA256DigestTests {
  private let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test func `A digest is written and read as sha256sum prints it, in either case`() throws {
    let digest = SHA256Digest(of: Array("abc".utf8))
    #expect(digest.hexadecimal == abc)
    #expect(SHA256Digest(hexadecimal: abc) == digest)
    #expect(SHA256Digest(hexadecimal: abc.uppercased()) == digest)
    #expect(SHA256Digest(hexadecimal: String(repeating: "0", count: 64))?.hexadecimal.hasPrefix("000000") == true)
  }

  @Test func `Digests that differ in a single bit, wherever it is, are not the same`() throws {
    let digest = try #require(SHA256Digest(hexadecimal: abc))
    let digits = Array(abc)
    for place in digits.indices {
      for bit in 0..<4 {
        let value = try #require(digits[place].hexDigitValue) ^ (1 << bit)
        var other = digits
        other[place] = Character(String(value, radix: 16))
        let changed = try #require(SHA256Digest(hexadecimal: String(other)))
        #expect(changed != digest)
      }
    }
  }

  @Test(arguments: ["", "ab", String(repeating: "0", count: 63), String(repeating: "0", count: 65)])
  func `Anything but 64 hexadecimal digits is no digest`(text: String) {
    #expect(SHA256Digest(hexadecimal: text) == nil)
    for wrong in ["g", "/", ":", "@", "`", "é", " "] {
      #expect(SHA256Digest(hexadecimal: wrong + String(repeating: "0", count: 63)) == nil, "\(wrong)")
    }
  }
}
