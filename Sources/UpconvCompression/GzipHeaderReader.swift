/// Reads the header of a gzip member in pieces of any size; name, comment and extra field are passed over.
/// - Source: RFC 1952 §2.3.
struct GzipHeaderReader {
  private var field = Field.fixed
  /// Bytes of the field so far.
  private var count = 0
  private var flags: UInt8 = 0
  private var extraByteCount = 0
  private var crc = CRC32()
  private var declaredCRC16: UInt16 = 0

  /// In the order in which they come; all but the first only if a flag says so.
  private enum Field: Int {
    case fixed, extra, name, comment, check, none

    /// The bit of FLG that announces the field.
    var flag: UInt8 {
      switch self {
      case .fixed, .none: 0
      case .extra: 0x04
      case .name: 0x08
      case .comment: 0x10
      case .check: 0x02
      }
    }
  }

  private static let reservedFlags: UInt8 = 0xE0
  private static let deflateMethod: UInt8 = 8

  /// Takes the header's part of `input` from its front.
  /// - Returns: whether the header is complete.
  /// - Throws: `.notGzip`, `.corrupt`, or `.wrongCheckValue` where the header has a check value.
  mutating func read(_ input: inout UnsafeRawBufferPointer) throws(InflateError) -> Bool {
    var taken = 0
    while taken < input.count, field.rawValue < Field.check.rawValue {
      try take(input[taken])
      taken += 1
    }
    crc.update(UnsafeRawBufferPointer(rebasing: input[..<taken]))
    while taken < input.count, field == .check {
      try takeCheck(input[taken])
      taken += 1
    }
    input = UnsafeRawBufferPointer(rebasing: input[taken...])
    return field == .none
  }

  private mutating func take(_ byte: UInt8) throws(InflateError) {
    count += 1
    switch (field, count) {
    case (.fixed, 1): guard byte == 0x1F else { throw .notGzip }
    case (.fixed, 2): guard byte == 0x8B else { throw .notGzip }
    case (.fixed, 3):
      guard byte == GzipHeaderReader.deflateMethod else { throw .corrupt(detail: "unknown compression method") }
    case (.fixed, 4):
      guard byte & GzipHeaderReader.reservedFlags == 0 else { throw .corrupt(detail: "unknown header flags set") }
      flags = byte
    case (.fixed, 10): enterNextField()
    case (.extra, 1): extraByteCount = Int(byte)
    case (.extra, 2...):
      if count == 2 { extraByteCount |= Int(byte) << 8 }
      if count == 2 + extraByteCount { enterNextField() }
    case (.name, _), (.comment, _): if byte == 0 { enterNextField() }
    default: break
    }
  }

  private mutating func takeCheck(_ byte: UInt8) throws(InflateError) {
    declaredCRC16 |= UInt16(byte) << (8 * count)
    count += 1
    guard count == 2 else { return }
    guard declaredCRC16 == UInt16(truncatingIfNeeded: crc.value) else {
      throw .wrongCheckValue(detail: "header crc mismatch")
    }
    enterNextField()
  }

  private mutating func enterNextField() {
    count = 0
    repeat { field = Field(rawValue: field.rawValue + 1) ?? .none } while field != .none && flags & field.flag == 0
  }
}
