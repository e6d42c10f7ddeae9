/// The alphabet of RFC 4648, Table 1, made ready for whole groups. Together 12 KiB, made once.
enum Base64Tables {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Marks what is no character; a group has but 24 bits.
  static let invalid: UInt32 = 1 << 31

  /// The bits of a character, shifted to its place in a group: 256 entries for each of the four places, first place
  /// first.
  // SAFETY: never written after it was made, and never freed.
  nonisolated(unsafe) static let decoding: UnsafePointer<UInt32> = {
    let table = UnsafeMutablePointer<UInt32>.allocate(capacity: 4 * 256)
    table.initialize(repeating: invalid, count: 4 * 256)
    for place in 0..<4 {
      for (value, character) in alphabet.enumerated() {
        table[256 * place + Int(character)] = UInt32(value) << UInt32(18 - 6 * place)
      }
    }
    return UnsafePointer(table)
  }()

  /// Two characters for each 12 bits, the first one lowest.
  // SAFETY: never written after it was made, and never freed.
  nonisolated(unsafe) static let encoding: UnsafePointer<UInt16> = {
    let table = UnsafeMutablePointer<UInt16>.allocate(capacity: 4096)
    for bits in 0..<4096 { table[bits] = UInt16(alphabet[bits >> 6]) | UInt16(alphabet[bits & 63]) << 8 }
    return UnsafePointer(table)
  }()
}
