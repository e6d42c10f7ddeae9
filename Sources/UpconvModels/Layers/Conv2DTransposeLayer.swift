import UpconvConvolution
import UpconvTensor

/// `keras.layers.Conv2DTranspose`.
struct Conv2DTransposeLayer: ModelLayer {
  let outputDimensions: [Int?]
  let weights: [WeightDeclaration]
  var layoutEvidence: LayoutEvidence { .states(operation.layout) }
  private let layer: String
  private let operation: TransposedConvolution
  private let kernel: Spatial
  private let activation: LayerActivation

  init(_ config: inout LayerConfiguration, input: [Int?]) throws(ModelError) {
    layer = config.layer
    let extents = 1...ConvolutionLayer.maxExtent
    let filters = try config.integer("filters", in: 1...1 << 32)
    kernel = try config.pair("kernel_size", in: extents)
    var operation = TransposedConvolution()
    operation.strides = try config.pair("strides", in: extents, default: 1)
    operation.dilations = try config.pair("dilation_rate", in: extents, default: 1)
    operation.layout = try config.layout()
    let isSame = try config.choice("padding", [("valid", false), ("same", true)], default: false)
    let added = try config.optionalPair("output_padding", in: 0...ConvolutionLayer.maxExtent - 1)
    let (strides, dilations) = (operation.strides, operation.dilations)
    // Keras refuses both, and so its results for them are not known.
    if max(strides.height, strides.width) > 1, max(dilations.height, dilations.width) > 1 {
      throw .wrongValue(
        layer: layer, key: "dilation_rate", value: "[\(dilations.height),\(dilations.width)]",
        rule: "must be 1 where strides are above 1")
    }
    if let added, added.height >= strides.height || added.width >= strides.width {
      throw .wrongValue(
        layer: layer, key: "output_padding", value: "[\(added.height),\(added.width)]", rule: "must be below strides")
    }
    KerasWindow(kernel: kernel, isSame: isSame, outputPadding: added).apply(to: &operation)
    self.operation = operation
    let channels = try operation.layout.channels(of: input, layer: layer)
    weights = try WeightDeclaration.kernelAndBias(
      &config, kernel: [kernel.height, kernel.width, filters, channels], units: filters, strides: strides)
    activation = try LayerActivation(&config, "activation")
    outputDimensions = try operation.outputDimensions(
      of: input, kernel: kernel, outputChannels: filters, layer: layer)
  }

  func drafts(_ weights: LayerWeights) throws(ModelError) -> [StageDraft] {
    let draft = ConvolutionDraft(
      layer: layer, operation: operation, filters: weights["kernel"], bias: weights.optional("bias"))
    return [.convolution(draft)] + activation.drafts(layer)
  }
}

/// Keras's rule for the size of a transposed convolution's output, said as a crop: the output's size then follows for
/// inputs of every size.
/// - Source: `compute_conv_transpose_output_shape` of Keras 3; TensorFlow's crop for a given output shape.
struct KerasWindow {
  let kernel: Spatial
  let isSame: Bool
  let outputPadding: Spatial?

  func apply(to operation: inout TransposedConvolution) {
    if isSame, outputPadding == nil {
      operation.padding = .same
      return
    }
    let rows = axis(kernel.height, operation.strides.height, operation.dilations.height, outputPadding?.height)
    let columns = axis(kernel.width, operation.strides.width, operation.dilations.width, outputPadding?.width)
    operation.outputPadding = Spatial(height: rows.added, width: columns.added)
    operation.padding =
      isSame
      ? .explicit(Padding.Edges(top: rows.before, bottom: rows.after, left: columns.before, right: columns.after))
      : .valid
  }

  private func axis(
    _ kernel: Int, _ stride: Int, _ dilation: Int, _ added: Int?
  ) -> (before: Int, after: Int, added: Int) {
    let extent = (kernel - 1) * dilation + 1
    // `valid`: at least one stride for each input, also where the kernel is smaller.
    guard isSame, let added else { return (0, 0, added ?? max(0, stride - extent)) }
    // `same` asks for (input - 1)·stride + extent mod 2 + output_padding, which crops what is below for every input.
    let crop = extent - extent % 2 - added
    return crop >= 0 ? (crop / 2, crop - crop / 2, 0) : (0, 0, -crop)
  }
}
