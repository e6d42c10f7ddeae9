import UpconvConvolution
import UpconvTensor

/// `keras.layers.PReLU`: a leaky ReLU whose slopes are weights.
struct PReLULayer: ModelLayer {
  let outputDimensions: [Int?]
  let weights: [WeightDeclaration]
  private let layer: String

  init(_ config: inout LayerConfiguration, input: [Int?]) throws(ModelError) {
    layer = config.layer
    outputDimensions = input
    var lengths = Array(input.dropFirst())
    for axis in try PReLULayer.sharedAxes(&config, rank: input.count) { lengths[axis - 1] = 1 }
    let known = lengths.compactMap(\.self)
    guard !lengths.isEmpty, known.count == lengths.count else {
      throw .wrongInput(
        layer: layer, input: input, rule: "the axes that shared_axes does not name must have known lengths")
    }
    weights = [
      WeightDeclaration(
        variable: "alpha", shape: known, initializer: try Initializer(&config, "alpha_initializer", default: "zeros"))
    ]
  }

  /// The axes along which all places share their slopes, counted from the batch.
  private static func sharedAxes(_ config: inout LayerConfiguration, rank: Int) throws(ModelError) -> [Int] {
    guard let value = config.value("shared_axes") else { return [] }
    let axes = (value.array ?? [value]).map { $0.integer ?? 0 }
    guard axes.allSatisfy((1..<max(rank, 2)).contains) else {
      throw config.wrong(
        "shared_axes", value, "must be axes of the input from 1, the first after the batch, to \(rank - 1)")
    }
    return axes
  }

  func drafts(_ weights: LayerWeights) -> [StageDraft] {
    let slopes = weights["alpha"]
    if slopes.shape.elementCount == 1 {
      return [.activation(.leakyReLU(alpha: slopes.elements[0]), layer: layer)]
    }
    return [.parametricReLU(ParametricReLUStage(layer: layer, slopes: slopes))]
  }
}
