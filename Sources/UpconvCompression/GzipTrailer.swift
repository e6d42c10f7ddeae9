/// What ends a gzip member: CRC-32 and length of its content, as they come.
/// - Source: RFC 1952 §2.3.1.
struct GzipTrailer {
  /// The first byte lowest.
  private var bytes: UInt64
  private var count: Int

  /// - Parameter lookahead: bytes of it that are here already.
  init(_ lookahead: Lookahead) {
    bytes = lookahead.bytes
    count = lookahead.count
  }

  /// Takes the trailer's part of `input` from its front, and holds the content to it.
  /// - Returns: whether the trailer is complete.
  /// - Throws: `.wrongCheckValue`, for each of the two as soon as it is complete.
  mutating func read(
    _ input: inout UnsafeRawBufferPointer, crc: CRC32, length: UInt32
  ) throws(InflateError) -> Bool {
    while count < 8, let byte = input.first {
      bytes |= UInt64(byte) << (8 * count)
      count += 1
      input = UnsafeRawBufferPointer(rebasing: input.dropFirst())
    }
    guard count < 4 || UInt32(truncatingIfNeeded: bytes) == crc.value else {
      throw .wrongCheckValue(detail: "incorrect data check")
    }
    guard count < 8 || UInt32(bytes >> 32) == length else {
      throw .wrongCheckValue(detail: "incorrect length check")
    }
    return count == 8
  }
}
