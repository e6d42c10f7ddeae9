package import UpconvTensor

/// What a container may be at most; every reader is given one.
package struct FormatLimits: Sendable {
  /// Bytes of a safetensors header. The JSON in it is held as a tree.
  package var maxHeaderBytes: Int
  /// Tensors of one safetensors file, entries of one NPZ.
  package var maxEntries: Int
  /// Bytes of an NPZ's entries in all, decompressed.
  package var maxInflatedBytes: Int
  /// Bytes of an NPZ as it comes; it is held whole.
  package var maxBodyBytes: Int
  /// Limits of each tensor.
  package var tensor: TensorLimits

  /// 1 MiB of header describes some 10,000 tensors; 1,024 entries are far above what one request needs. 512
  /// MiB are two tensors of the largest size in float32, and half of that is allowed before decompression.
  package init(
    maxHeaderBytes: Int = 1 << 20, maxEntries: Int = 1024, maxInflatedBytes: Int = 1 << 29,
    maxBodyBytes: Int = 1 << 28, tensor: TensorLimits = TensorLimits()
  ) {
    self.maxHeaderBytes = maxHeaderBytes
    self.maxEntries = maxEntries
    self.maxInflatedBytes = maxInflatedBytes
    self.maxBodyBytes = maxBodyBytes
    self.tensor = tensor
  }
}
