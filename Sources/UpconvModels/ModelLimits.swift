import UpconvConvolution
package import UpconvTensor

/// What a model may be and compute at most.
package struct ModelLimits: Sendable {
  /// Of every tensor: input, output, weights, and all between two layers.
  package var tensor: TensorLimits
  /// Multiply-adds of one run, all layers together.
  package var maxMultiplyAdds: Int
  /// Bytes of all weights in float32. Packed for the kernels, they take about as much again.
  package var maxModelBytes: Int
  /// Whether weights may be NaN or infinite.
  package var allowsNonFiniteWeights: Bool

  /// 1 GiB of weights are ten times what the decoders have that CPUs serve.
  package init(
    tensor: TensorLimits = TensorLimits(), maxMultiplyAdds: Int = ConvolutionLimits().maxMultiplyAdds,
    maxModelBytes: Int = 1 << 30, allowsNonFiniteWeights: Bool = false
  ) {
    self.tensor = tensor
    self.maxMultiplyAdds = maxMultiplyAdds
    self.maxModelBytes = maxModelBytes
    self.allowsNonFiniteWeights = allowsNonFiniteWeights
  }

  var convolution: ConvolutionLimits { ConvolutionLimits(tensor: tensor, maxMultiplyAdds: maxMultiplyAdds) }
}
