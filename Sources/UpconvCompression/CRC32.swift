#if canImport(CISAL)
  internal import CISAL
#else
  internal import CZlib
#endif

/// The check value of ZIP and gzip, over pieces of any size: CRC-32 with polynomial 0xEDB88320, reflected.
/// - Source: RFC 1952 §8; zlib's `crc32_z`, ISA-L's `crc32_gzip_refl`.
package struct CRC32: Sendable {
  /// The check value of the bytes so far; 0 for none.
  package private(set) var value: UInt32 = 0

  /// The check value of no bytes.
  package init() {}

  /// Takes further bytes. O(count): about a byte per processor cycle with zlib, ten and more with ISA-L.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // zlib answers the initial value for a null pointer, which would forget the bytes so far.
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    #if canImport(CISAL)
      value = crc32_gzip_refl(value, start, UInt64(bytes.count))
    #else
      value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), start, bytes.count))
    #endif
  }
}
