internal import CZlib

/// The check value of ZIP and gzip, over pieces of any size: CRC-32 with polynomial 0xEDB88320, reflected.
/// - Source: RFC 1952 §8; zlib's `crc32_z`.
package struct CRC32: Sendable {
  /// The check value of the bytes so far; 0 for none.
  package private(set) var value: UInt32 = 0

  /// The check value of no bytes.
  package init() {}

  /// Takes further bytes. O(count), about a byte per processor cycle or better.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // zlib answers the initial value for a null pointer, which would forget the bytes so far.
    guard let start = bytes.baseAddress else { return }
    value = UInt32(
      truncatingIfNeeded: crc32_z(UInt(value), start.assumingMemoryBound(to: UInt8.self), bytes.count))
  }
}
