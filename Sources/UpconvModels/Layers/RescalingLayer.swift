import UpconvJSON

/// `keras.layers.Rescaling`: one factor and one summand, or one for each channel of the last axis.
struct RescalingLayer: ModelLayer {
  let outputDimensions: [Int?]
  private let layer: String
  private let affine: ChannelAffine

  init(_ config: inout LayerConfiguration, input: [Int?]) throws(ModelError) {
    layer = config.layer
    outputDimensions = input
    let scale = try RescalingLayer.numbers(&config, "scale", input: input)
    let offset = try RescalingLayer.numbers(&config, "offset", input: input)
    guard let scale else { throw .missingKey(layer: layer, key: "scale") }
    let count = max(scale.count, offset?.count ?? 1)
    func repeated(_ numbers: [Double]) -> [Double] {
      numbers.count == count ? numbers : [Double](repeating: numbers[0], count: count)
    }
    affine = ChannelAffine(
      axis: count == 1 ? nil : input.count - 1, isOnLastAxis: count > 1, scale: repeated(scale),
      shift: repeated(offset ?? [0]))
  }

  private static func numbers(
    _ config: inout LayerConfiguration, _ key: String, input: [Int?]
  ) throws(ModelError) -> [Double]? {
    guard let value = config.value(key) else { return nil }
    var numbers: [Double] = []
    for element in value.array ?? [value] {
      guard case .number(let number) = element, Float(number.double).isFinite else {
        throw config.wrong(key, value, "must be a number, or an array of numbers, one for each channel")
      }
      // float32, as Keras has it.
      numbers.append(Double(Float(number.double)))
    }
    guard numbers.count == 1 || numbers.count == input.last ?? nil else {
      throw config.wrong(key, value, "must have one number, or one for each channel of the last axis")
    }
    return numbers
  }

  func drafts(_ weights: LayerWeights) -> [StageDraft] { [.affine(affine, layer: layer)] }
}
