import Testing
import UpconvJSON
import UpconvTestSupport

@Suite struct Base64Tests {
  private func encoded(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.withUnsafeBytes { Base64.encode($0) }, as: UTF8.self)
  }

  private func decoded(_ text: some Sequence<UInt8>, maxBytes: Int = 1 << 20) throws -> [UInt8] {
    try Array(text).withUnsafeBytes { try Base64.decode($0, maxBytes: maxBytes) }
  }

  /// RFC 4648 §10; what Python's `base64.b64encode` makes of the bytes 0 to 255 and of bits that are all set.
  static let vectors: [(bytes: [UInt8], text: String)] =
    [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ].map { (Array($0.0.utf8), $0.1) } + [
      (
        Array(0...255),
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUV"
          + "JTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOk"
          + "paanqKmqq6ytrq+wsbKztLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj5OXm5+jp6uvs7e7v8PHy8/T19v"
          + "f4+fr7/P3+/w=="
      ),
      ([UInt8](repeating: 0xFF, count: 13), "//////////////////8="),
      ([0xFB, 0xEF, 0xBE], "++++"),
    ]

  @Test(arguments: vectors.indices)
  func `Published texts are written and read`(index: Int) throws {
    let (bytes, text) = Base64Tests.vectors[index]
    #expect(encoded(bytes) == text)
    #expect(try decoded(text.utf8) == bytes)
  }

  @Test func `Random bytes of any length come back`() throws {
    var random = SeededGenerator(seed: 1)
    for count in 0..<300 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      let text = encoded(bytes)
      #expect(text.utf8.count == Base64.encodedByteCount(of: count))
      #expect(try decoded(text.utf8, maxBytes: count) == bytes)
    }
  }

  /// A definition of its own: bit after bit.
  private func slowlyDecoded(_ text: [UInt8]) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let characters = text.last == 0x3D ? text.dropLast(text.dropLast().last == 0x3D ? 2 : 1) : text[...]
    guard text.count % 4 == 0 else { return nil }
    var bits: [Bool] = []
    for character in characters {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      bits += (0..<6).map { value >> (5 - $0) & 1 == 1 }
    }
    let whole = bits.count / 8 * 8
    guard bits[whole...].allSatisfy({ !$0 }) else { return nil }
    return stride(from: 0, to: whole, by: 8).map { start in
      bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    }
  }

  @Test func `Every byte at every place is read as the definition says, or refused`() throws {
    for text in ["Zm9vYmFyZm9v", "Zm9vYmFyZm9vYg==", "Zm9vYmFyZm9vYmE="].map({ Array($0.utf8) }) {
      for index in text.indices {
        for byte in UInt8.min...UInt8.max {
          var changed = text
          changed[index] = byte
          #expect((try? decoded(changed)) == slowlyDecoded(changed), "\(changed)")
        }
      }
    }
  }

  @Test(
    arguments: [
      ("Z", .incompleteGroup(byteCount: 1)), ("Zm9vY", .incompleteGroup(byteCount: 5)),
      ("Zg=", .incompleteGroup(byteCount: 3)), ("Zg", .incompleteGroup(byteCount: 2)),
      ("====", .misplacedPadding(offset: 0)), ("Z===", .misplacedPadding(offset: 1)),
      ("Zg==Zg==", .misplacedPadding(offset: 2)), ("Zg=g", .misplacedPadding(offset: 2)),
      ("Zh==", .strayBits(offset: 1)), ("Zm9=", .strayBits(offset: 2)),
      ("Zm9v\nA==", .invalidByte(10, offset: 4)), ("Zm9vYmFyZm 9v===", .invalidByte(32, offset: 10)),
      ("Zm-_", .invalidByte(45, offset: 2)), ("\u{e9}mQ", .invalidByte(0xC3, offset: 0)),
      ("\u{0}AAA", .invalidByte(0, offset: 0)), ("AAAAAAAAAAAAAAA\u{7f}", .invalidByte(0x7F, offset: 15)),
    ] as [(String, Base64Error)])
  func `What is no base64 is refused by its place`(text: String, error: Base64Error) {
    #expect(throws: error) { try decoded(text.utf8) }
  }

  @Test func `The limit is met exactly`() throws {
    #expect(try decoded("Zm9vYmE=".utf8, maxBytes: 5) == Array("fooba".utf8))
    #expect(throws: Base64Error.tooLarge(maxBytes: 4)) { try decoded("Zm9vYmE=".utf8, maxBytes: 4) }
    #expect(try decoded("".utf8, maxBytes: 0) == [])
  }

  @Test func `Nothing beyond the text is read, and nothing beyond the bytes written`() throws {
    for count in 0..<40 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      let source = GuardedBuffer(reading: bytes)
      let text = Base64.encode(UnsafeRawBufferPointer(start: source.start, count: count))
      let guardedText = GuardedBuffer(reading: text)
      let room = GuardedBuffer<UInt8>(count: count)
      let written = try Base64.decode(
        UnsafeRawBufferPointer(start: guardedText.start, count: text.count),
        into: UnsafeMutableRawBufferPointer(start: room.start, count: count))
      #expect(written == count)
      #expect(room.elements == bytes)
      withExtendedLifetime((source, guardedText, room)) {}
    }
  }
}
