import UpconvTensor

/// A layer's filters as they were given.
struct LayerFilters: Sendable {
  /// `[kernel height, kernel width, output channels / groups, input channels]` in memory.
  let weights: Tensor
  let sizes: FilterSizes
  /// The kernel's extents; exchanged where a line is computed as a column, which leaves memory as it is.
  var kernel: Spatial
  /// The largest magnitude of a weight; infinity or a NaN where one is not finite.
  let largestWeight: Float

  var groups: Int { sizes.groups }
  var inputsPerGroup: Int { sizes.inputsPerGroup }
  var outputsPerGroup: Int { sizes.outputsPerGroup }
  var inputChannels: Int { inputsPerGroup * groups }
  var outputChannels: Int { outputsPerGroup * groups }

  /// Where the weight of a tap and an input channel for a group's first output stands; the next output's is
  /// `inputChannels` further.
  func offset(row: Int, column: Int, group: Int, input: Int) -> Int {
    (row * kernel.width + column) * outputsPerGroup * inputChannels + group * inputsPerGroup + input
  }
}
