extension Duration {
  /// Whole nanoseconds; as many as an Int can say for what lasts longer, either way.
  @inlinable package var nanoseconds: Int {
    let attoseconds = attoseconds
    let high = attoseconds >> 64
    // The quotient fits; one instruction divides where a division of 128 bits by 128 would take a hundred.
    if (0..<500_000_000).contains(high) {
      let low = UInt64(truncatingIfNeeded: attoseconds)
      return Int(UInt64(1_000_000_000).dividingFullWidth((UInt64(truncatingIfNeeded: high), low)).quotient)
    }
    return Int(clamping: attoseconds / 1_000_000_000)
  }
}
