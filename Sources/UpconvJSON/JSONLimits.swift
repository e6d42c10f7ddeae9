package import UpconvTensor

/// What a JSON document may be at most.
package struct JSONLimits: Sendable {
  /// Arrays and objects inside one another.
  package var maxDepth: Int
  /// Bytes of all names, strings and numbers outside of number arrays, and 16 for each value: what the tree costs.
  package var maxTreeBytes: Int
  /// Bytes of one number's text.
  package var maxNumberBytes: Int
  /// Limits of each number array.
  package var tensor: TensorLimits

  package init(
    maxDepth: Int = 64, maxTreeBytes: Int = 1 << 20, maxNumberBytes: Int = 1 << 14,
    tensor: TensorLimits = TensorLimits()
  ) {
    self.maxDepth = maxDepth
    self.maxTreeBytes = maxTreeBytes
    self.maxNumberBytes = maxNumberBytes
    self.tensor = tensor
  }
}
