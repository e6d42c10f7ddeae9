/// Reads the two bytes before deflate data in zlib's frame, in pieces of any size.
/// - Source: RFC 1950 §2.2.
struct ZlibHeaderReader {
  private var first: UInt8?

  /// Takes the header's part of `input` from its front.
  /// - Returns: whether the header is complete.
  /// - Throws: `.notZlib`, `.corrupt`.
  mutating func read(_ input: inout UnsafeRawBufferPointer) throws(InflateError) -> Bool {
    while let byte = input.first {
      input = UnsafeRawBufferPointer(rebasing: input.dropFirst())
      guard let first else {
        // CM 8 is deflate; CINFO above 7 is a window beyond 32 KiB.
        guard byte & 0x0F == 8, byte >> 4 <= 7 else { throw .notZlib }
        first = byte
        continue
      }
      guard (UInt16(first) << 8 | UInt16(byte)) % 31 == 0 else { throw .notZlib }
      guard byte & 0x20 == 0 else { throw .corrupt(detail: "a preset dictionary is asked for") }
      return true
    }
    return false
  }
}

/// What ends zlib's frame: the Adler-32 of the content, highest byte first.
/// - Source: RFC 1950 §2.2.
struct ZlibTrailer {
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
  /// - Throws: `.wrongCheckValue`; `.trailingBytes` where a decoder has taken more than the trailer.
  mutating func read(_ input: inout UnsafeRawBufferPointer, adler: Adler32) throws(InflateError) -> Bool {
    while count < 4, let byte = input.first {
      bytes |= UInt64(byte) << (8 * count)
      count += 1
      input = UnsafeRawBufferPointer(rebasing: input.dropFirst())
    }
    guard count >= 4 else { return false }
    guard UInt32(truncatingIfNeeded: bytes).byteSwapped == adler.value else {
      throw .wrongCheckValue(detail: "incorrect data check")
    }
    guard count == 4 else { throw .trailingBytes }
    return true
  }
}
