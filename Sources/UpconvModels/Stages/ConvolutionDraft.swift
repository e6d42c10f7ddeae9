import UpconvConvolution
import UpconvTensor

/// A convolution that may still take in what follows it.
struct ConvolutionDraft {
  let layer: String
  var operation: TransposedConvolution
  var filters: Tensor
  var bias: Tensor?

  /// - Throws: `.geometry`.
  func stage(_ limits: ModelLimits) throws(ModelError) -> any Stage {
    do throws(GeometryError) {
      return ConvolutionStage(
        layer: layer,
        planned: PlannedLayer(
          try ConvolutionLayer(operation, filters: filters, bias: bias), limits: limits.convolution))
    } catch { throw .geometry(layer: layer, error) }
  }
}
