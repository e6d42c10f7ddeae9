/// The check value of TFRecord: CRC-32C (Castagnoli), reflected, and masked so that it may stand in what is checked.
/// - Source: RFC 3720 appendix B.4; TensorFlow, TFRecord format.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    var value = UInt32(index)
    for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    return value
  }

  /// O(bytes).
  static func value(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc: UInt32 = ~0
    for byte in bytes { crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
    return ~crc
  }

  /// O(bytes).
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let crc = value(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}
