import Glibc

extension Tensor {
  /// A 64-bit hash of the elements' bytes, for finding a tensor that was seen before. Whoever finds one must compare
  /// the bytes: the hash is fast, and no guard against intent. Differs from process to process where `seed` does.
  ///
  /// Four lanes of multiplications folded from 128 to 64 bits; O(elements), at about the speed of memory.
  package func contentHash(seed: UInt64) -> UInt64 {
    withBytes { bytes in
      var lanes = (
        seed ^ 0x9E37_79B9_7F4A_7C15, seed ^ 0xBF58_476D_1CE4_E5B9, seed ^ 0x94D0_49BB_1331_11EB,
        seed ^ 0xD6E8_FEB8_6659_FD93
      )
      func word(_ offset: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
      var offset = 0
      while offset + 64 <= bytes.count {
        lanes.0 = Tensor.folded(lanes.0 ^ word(offset), word(offset + 8) ^ 0xA076_1D64_78BD_642F)
        lanes.1 = Tensor.folded(lanes.1 ^ word(offset + 16), word(offset + 24) ^ 0xE703_7ED1_A0B4_28DB)
        lanes.2 = Tensor.folded(lanes.2 ^ word(offset + 32), word(offset + 40) ^ 0x8EBC_6AF0_9C88_C6E3)
        lanes.3 = Tensor.folded(lanes.3 ^ word(offset + 48), word(offset + 56) ^ 0x5899_65CC_7537_4CC3)
        offset += 64
      }
      var hash = Tensor.folded(seed ^ lanes.0 ^ lanes.2, lanes.1 ^ lanes.3 ^ UInt64(bytes.count))
      while offset < bytes.count {
        let element = UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        hash = Tensor.folded(hash ^ element, 0xA076_1D64_78BD_642F)
        offset += 4
      }
      return hash
    }
  }

  private static func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    // The factor itself is mixed in, so that one word of zeros does not wipe out what came before.
    return product.high ^ product.low ^ a
  }

  /// Whether both have the same shape and the same bits: 0 and -0 differ, and a NaN equals itself. O(elements).
  package func hasSameContent(as other: Tensor) -> Bool {
    if storage === other.storage, shape == other.shape { return true }
    guard shape == other.shape else { return false }
    return withBytes { own in
      other.withBytes { own.count == 0 || memcmp(own.baseAddress!, $0.baseAddress!, own.count) == 0 }
    }
  }
}
