extension Duration {
  /// Whole nanoseconds; as many as an Int can say for what lasts longer, either way.
  @inlinable package var nanoseconds: Int {
    let (seconds, attoseconds) = components
    let (product, isBeyond) = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isSumBeyond) = product.addingReportingOverflow(Int(attoseconds / 1_000_000_000))
    return isBeyond || isSumBeyond ? (seconds < 0 ? .min : .max) : sum
  }
}
