import UpconvConvolution
import UpconvJSON

/// `keras.layers.ZeroPadding2D` and `Cropping2D`.
struct BorderLayer: ModelLayer {
  enum Change { case pad, crop }

  let outputDimensions: [Int?]
  let layoutEvidence: LayoutEvidence
  private let draft: StageDraft

  init(_ config: inout LayerConfiguration, input: [Int?], _ change: Change) throws(ModelError) {
    let layer = config.layer
    let layout = try config.layout()
    layoutEvidence = .states(layout)
    _ = try layout.channels(of: input, layer: layer)
    let edges = try BorderLayer.edges(&config, change == .pad ? "padding" : "cropping", default: change == .pad ? 1 : 0)
    let stage = BorderStage(layer: layer, layout: layout, edges: edges, isPadding: change == .pad)
    var output = input
    for (index, added) in [(layout.axes.height, stage.addedRows), (layout.axes.width, stage.addedColumns)] {
      guard let length = input[index] else { continue }
      guard length + added > 0 else {
        throw .wrongInput(layer: layer, input: input, rule: "cropping takes all of it")
      }
      output[index] = length + added
    }
    outputDimensions = output
    draft = .border(stage)
  }

  /// A number for all edges, `[rows, columns]`, or `[[top, bottom], [left, right]]`.
  private static func edges(
    _ config: inout LayerConfiguration, _ key: String, default standard: Int
  ) throws(ModelError) -> Padding.Edges {
    guard let value = config.value(key) else {
      return Padding.Edges(top: standard, bottom: standard, left: standard, right: standard)
    }
    let accepted = 0...ConvolutionLayer.maxExtent
    let rule = "must be a whole number, two, or [[top,bottom],[left,right]], each from 0 to \(accepted.upperBound)"
    let axes = value.array ?? [value, value]
    guard axes.count == 2 else { throw config.wrong(key, value, rule) }
    var numbers: [Int] = []
    for axis in axes {
      let pair = axis.array ?? [axis, axis]
      guard pair.count == 2 else { throw config.wrong(key, value, rule) }
      for number in pair {
        guard let number = number.integer, accepted.contains(number) else { throw config.wrong(key, value, rule) }
        numbers.append(number)
      }
    }
    return Padding.Edges(top: numbers[0], bottom: numbers[1], left: numbers[2], right: numbers[3])
  }

  func drafts(_ weights: LayerWeights) -> [StageDraft] { [draft] }
}
