import UpconvConvolution
import UpconvJSON

/// `keras.layers.Reshape`.
struct ReshapeLayer: ModelLayer {
  let outputDimensions: [Int?]
  var layoutEvidence: LayoutEvidence { .ends(nil) }
  private let stage: ReshapeStage

  init(_ config: inout LayerConfiguration, input: [Int?]) throws(ModelError) {
    guard let value = config.value("target_shape") else { throw .missingKey(layer: config.layer, key: "target_shape") }
    let rule = "must be an array of lengths of 1 or more, of which one may be -1"
    guard let elements = value.array else { throw config.wrong("target_shape", value, rule) }
    var target: [Int?] = []
    for element in elements {
      guard let length = element.integer, length == -1 || 1...1 << 40 ~= length else {
        throw config.wrong("target_shape", value, rule)
      }
      target.append(length == -1 ? nil : length)
    }
    guard target.count(where: { $0 == nil }) <= 1 else { throw config.wrong("target_shape", value, rule) }
    stage = ReshapeStage(layer: config.layer, target: target)
    let lengths = input.dropFirst().compactMap(\.self)
    if lengths.count == input.count - 1 {
      guard let resolved = stage.resolved(lengths) else {
        throw .wrongInput(
          layer: config.layer, input: input, rule: "that has not as many elements as target_shape \(value.excerpt)")
      }
      outputDimensions = input.prefix(1) + resolved
    } else {
      outputDimensions = input.prefix(1) + target
    }
  }

  func drafts(_ weights: LayerWeights) -> [StageDraft] { [.reshape(stage)] }
}

/// `keras.layers.Flatten`.
struct FlattenLayer: ModelLayer {
  let outputDimensions: [Int?]
  /// `channels_last` is also what PyTorch's order is exported as: elements as they stand in memory.
  var layoutEvidence: LayoutEvidence { .ends(isChannelsFirst ? .nchw : nil) }
  private let layer: String
  private let isChannelsFirst: Bool

  init(_ config: inout LayerConfiguration, input: [Int?]) throws(ModelError) {
    layer = config.layer
    isChannelsFirst = try config.layout() == .nchw && input.count > 2
    let lengths = input.dropFirst().compactMap(\.self)
    outputDimensions = input.prefix(1) + [lengths.count == input.count - 1 ? product(lengths) : nil]
  }

  func drafts(_ weights: LayerWeights) -> [StageDraft] {
    let flatten = StageDraft.reshape(ReshapeStage(layer: layer, target: [nil]))
    return isChannelsFirst ? [.fixed(ChannelsLastStage(layer: layer)), flatten] : [flatten]
  }
}

/// `keras.layers.Dropout`, which does nothing but in training.
struct DropoutLayer: ModelLayer {
  let outputDimensions: [Int?]

  init(_ config: inout LayerConfiguration, input: [Int?]) {
    outputDimensions = input
    for key in ["rate", "seed", "noise_shape"] { _ = config.value(key) }
  }

  func drafts(_ weights: LayerWeights) -> [StageDraft] { [] }
}
