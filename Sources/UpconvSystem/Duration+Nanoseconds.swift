extension Duration {
  /// Whole nanoseconds; as many as an Int can say for what lasts longer, either way.
  @inlinable package var nanoseconds: Int { Int(clamping: attoseconds / 1_000_000_000) }
}
