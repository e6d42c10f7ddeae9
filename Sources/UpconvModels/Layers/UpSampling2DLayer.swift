import UpconvConvolution

/// `keras.layers.UpSampling2D`.
struct UpSampling2DLayer: ModelLayer {
  let outputDimensions: [Int?]
  var layoutEvidence: LayoutEvidence { .states(stage.layout) }
  private let stage: UpSamplingStage

  init(_ config: inout LayerConfiguration, input: [Int?]) throws(ModelError) {
    let layout = try config.layout()
    _ = try layout.channels(of: input, layer: config.layer)
    let size = try config.pair("size", in: 1...ConvolutionLayer.maxExtent, default: 2)
    let isBilinear = try config.choice(
      "interpolation", [("nearest", false), ("bilinear", true)], default: false)
    stage = UpSamplingStage(layer: config.layer, layout: layout, size: size, isBilinear: isBilinear)
    var output = input
    output[layout.axes.height] = input[layout.axes.height].map { $0 * size.height }
    output[layout.axes.width] = input[layout.axes.width].map { $0 * size.width }
    outputDimensions = output
  }

  func drafts(_ weights: LayerWeights) -> [StageDraft] { [.upSampling(stage)] }
}
