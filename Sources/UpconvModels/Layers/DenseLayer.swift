import UpconvConvolution
import UpconvTensor

/// `keras.layers.Dense`, on the last axis.
struct DenseLayer: ModelLayer {
  let outputDimensions: [Int?]
  let weights: [WeightDeclaration]
  var layoutEvidence: LayoutEvidence { .suggests(.nhwc) }
  private let layer: String
  private let activation: LayerActivation

  init(_ config: inout LayerConfiguration, input: [Int?]) throws(ModelError) {
    layer = config.layer
    let units = try config.integer("units", in: 1...1 << 32)
    guard input.count >= 2, let inputs = input[input.count - 1] else {
      throw .wrongInput(layer: layer, input: input, rule: "needs a last axis of known length after the batch")
    }
    weights = try WeightDeclaration.kernelAndBias(&config, kernel: [inputs, units], units: units)
    activation = try LayerActivation(&config, "activation")
    outputDimensions = input.dropLast() + [units]
  }

  func drafts(_ weights: LayerWeights) -> [StageDraft] {
    let kernel = weights["kernel"]
    let (inputs, units) = (kernel.shape[0], kernel.shape[1])
    // A convolution whose kernel is one pixel.
    var turned = [Float](repeating: 0, count: inputs * units)
    kernel.withElements { kernel in
      for input in 0..<inputs {
        for unit in 0..<units { turned[unit * inputs + input] = kernel[input * units + unit] }
      }
    }
    let filters = Tensor.filled(dimensions: [1, 1, units, inputs], elements: turned)
    return [.convolution(ConvolutionDraft(layer: layer, filters: filters, bias: weights.optional("bias")))]
      + activation.drafts(layer)
  }
}
