import UpconvConvolution
import UpconvTensor

/// `keras.layers.Conv2D`.
///
/// With stride 1 it is a transposed convolution with the kernel turned around. Else the pixels of each stride are put
/// into channels first (`SpaceToDepthStage`), which leaves a convolution of stride 1 with a smaller kernel.
struct Conv2DLayer: ModelLayer {
  let outputDimensions: [Int?]
  let weights: [WeightDeclaration]
  var layoutEvidence: LayoutEvidence { .states(layout) }
  private let layer: String
  private let rows: ForwardWindow
  private let columns: ForwardWindow
  private let layout: Layout
  private let groups: Int
  private let activation: LayerActivation

  init(_ config: inout LayerConfiguration, input: [Int?]) throws(ModelError) {
    layer = config.layer
    let extents = 1...ConvolutionLayer.maxExtent
    let filters = try config.integer("filters", in: 1...1 << 32)
    let kernel = try config.pair("kernel_size", in: extents)
    let strides = try config.pair("strides", in: extents, default: 1)
    let dilations = try config.pair("dilation_rate", in: extents, default: 1)
    let padding = try config.choice(
      "padding", [("valid", ForwardWindow.Padding.none), ("same", .same)], default: .none)
    rows = ForwardWindow(kernel: kernel.height, stride: strides.height, dilation: dilations.height, padding: padding)
    columns = ForwardWindow(kernel: kernel.width, stride: strides.width, dilation: dilations.width, padding: padding)
    layout = try config.layout()
    groups = try config.integer("groups", in: 1...ConvolutionLayer.maxExtent, default: 1)
    // Keras refuses both, and so its results for them are not known.
    if max(strides.height, strides.width) > 1, max(dilations.height, dilations.width) > 1 {
      throw .wrongValue(
        layer: layer, key: "dilation_rate", value: "[\(dilations.height),\(dilations.width)]",
        rule: "must be 1 where strides are above 1")
    }
    let channels = try layout.channels(of: input, layer: layer)
    guard channels % groups == 0, filters % groups == 0 else {
      throw .wrongValue(
        layer: layer, key: "groups", value: "\(groups)",
        rule: "must divide the channels of the input, \(channels), and filters, \(filters)")
    }
    weights = try WeightDeclaration.kernelAndBias(
      &config, kernel: [kernel.height, kernel.width, channels / groups, filters], units: filters)
    activation = try LayerActivation(&config, "activation")

    var output = input
    output[layout.axes.channels] = filters
    for (index, rule) in [(layout.axes.height, rows), (layout.axes.width, columns)] {
      guard let length = input[index] else { continue }
      let result = rule.outputLength(length)
      guard result > 0 else {
        throw .wrongInput(layer: layer, input: input, rule: "its kernel is larger than that, with padding valid")
      }
      output[index] = result
    }
    outputDimensions = output
  }

  func drafts(_ weights: LayerWeights) throws(ModelError) -> [StageDraft] {
    var operation = TransposedConvolution()
    operation.layout = layout
    operation.groups = groups
    let bias = weights.optional("bias")
    guard rows.stride > 1 || columns.stride > 1 else {
      operation.dilations = Spatial(height: rows.dilation, width: columns.dilation)
      let (top, bottom) = rows.crop
      let (left, right) = columns.crop
      operation.padding = .explicit(Padding.Edges(top: top, bottom: bottom, left: left, right: right))
      let filters = ForwardKernel(weights["kernel"], groups: groups).turned()
      return [.convolution(ConvolutionDraft(layer: layer, operation: operation, filters: filters, bias: bias))]
        + activation.drafts(layer)
    }
    let gathering = SpaceToDepthStage(layer: layer, layout: layout, rows: rows, columns: columns, groups: groups)
    let filters = ForwardKernel(weights["kernel"], groups: groups).turned(spaceToDepth: rows, columns)
    // All padding is in the gathered image already: nothing but whole windows counts.
    let (height, width) = (rows.gatheredKernel - 1, columns.gatheredKernel - 1)
    operation.padding = .explicit(Padding.Edges(top: height, bottom: height, left: width, right: width))
    return [
      .gathering(gathering),
      .convolution(ConvolutionDraft(layer: layer, operation: operation, filters: filters, bias: bias)),
    ] + activation.drafts(layer)
  }
}
