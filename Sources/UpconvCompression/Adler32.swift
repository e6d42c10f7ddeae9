internal import CZlib

/// The check value of zlib's own frame, over pieces of any size.
/// - Source: RFC 1950 §8; zlib's `adler32_z`.
struct Adler32: Sendable {
  /// The check value of the bytes so far; 1 for none.
  private(set) var value: UInt32 = 1

  /// Takes further bytes. O(count).
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // zlib answers the initial value for a null pointer, which would forget the bytes so far.
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    value = UInt32(truncatingIfNeeded: adler32_z(UInt(value), start, bytes.count))
  }
}
