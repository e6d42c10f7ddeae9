/// Looks through octets eight at a time.
///
/// Of the octets of a word that are marked, only the lowest is sure to be one that was looked for: a borrow may mark
/// others above it. So only the lowest is used.
/// - Source: Henry S. Warren, "Hacker's Delight", 6-1 "Find First 0-Byte".
enum OctetScan {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// The first octet from `start` on, before `end`, that is a CTL (below 0x20, or 0x7F); `end` where there is none.
  ///
  /// `start` and `end` lie within `bytes`.
  static func firstControl(in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
    var index = start
    while end - index >= 8 {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let found = below(0x20, word) | zeros(word ^ (0x7F &* ones))
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < end, bytes[index] >= ASCII.space, bytes[index] != 0x7F { index += 1 }
    return index
  }

  /// The first `octet` from `start` on, before `end`; `end` where there is none. Both lie within `bytes`.
  static func first(_ octet: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
    var index = start
    while end - index >= 8 {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let found = zeros(word ^ (UInt64(octet) &* ones))
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < end, bytes[index] != octet { index += 1 }
    return index
  }

  /// The high bit of octets below `limit`, which is at most 128.
  @inline(__always)
  private static func below(_ limit: UInt64, _ word: UInt64) -> UInt64 { (word &- limit &* ones) & ~word & highBits }

  /// The high bit of octets that are 0.
  @inline(__always)
  private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highBits }
}
