import UpconvConvolution
import UpconvJSON
import UpconvTensor

/// `keras.layers.BatchNormalization` as it is after training: a factor and a summand for each channel.
struct BatchNormalizationLayer: ModelLayer {
  let outputDimensions: [Int?]
  let weights: [WeightDeclaration]
  /// Channels are what is normalised, as a rule.
  var layoutEvidence: LayoutEvidence {
    Layout.allCases.first { $0.axes.channels == axis }.map(LayoutEvidence.suggests) ?? .keepsOrder
  }
  private let layer: String
  private let axis: Int
  private let epsilon: Double

  init(_ config: inout LayerConfiguration, input: [Int?]) throws(ModelError) {
    layer = config.layer
    outputDimensions = input
    var given = -1
    if let value = config.value("axis") {
      // Keras 2 writes a list of one.
      let number = value.integer ?? (value.array?.count == 1 ? value.array?.first?.integer : nil)
      guard let number, (-input.count..<input.count).contains(number), number != 0, number != -input.count else {
        throw config.wrong("axis", value, "must be one axis of the input other than the batch")
      }
      given = number
    }
    axis = given < 0 ? given + input.count : given
    guard input.count >= 2, let channels = input[axis] else {
      throw .wrongInput(layer: layer, input: input, rule: "the axis that it normalises must have a known length")
    }
    epsilon = Double(try config.optionalNumber("epsilon") ?? 1e-3)
    let hasScale = try config.flag("scale", default: true)
    let hasCenter = try config.flag("center", default: true)
    // Training's alone.
    _ = config.value("momentum")
    _ = config.value("renorm_momentum")
    _ = config.value("renorm_clipping")
    _ = config.value("synchronized")
    for flag in ["renorm", "fused", "virtual_batch_size"] {
      if let value = config.value(flag), flag != "fused" {
        guard case .bool(false) = value else {
          throw .unknownKey(layer: layer, key: flag, value: value.excerpt)
        }
      }
    }
    let variables: [(name: String, standard: String, isThere: Bool)] = [
      ("gamma", "ones", hasScale), ("beta", "zeros", hasCenter), ("moving_mean", "zeros", true),
      ("moving_variance", "ones", true),
    ]
    var weights: [WeightDeclaration] = []
    for variable in variables {
      let initializer = try Initializer(&config, "\(variable.name)_initializer", default: variable.standard)
      if variable.isThere {
        weights.append(WeightDeclaration(variable: variable.name, shape: [channels], initializer: initializer))
      }
    }
    self.weights = weights
  }

  func drafts(_ weights: LayerWeights) throws(ModelError) -> [StageDraft] {
    let (mean, variance) = (weights["moving_mean"].elements, weights["moving_variance"].elements)
    let (gamma, beta) = (weights.optional("gamma")?.elements, weights.optional("beta")?.elements)
    var affine = ChannelAffine(
      axis: axis, isOnLastAxis: axis == outputDimensions.count - 1, scale: [], shift: [])
    for channel in mean.indices {
      let square = Double(variance[channel]) + epsilon
      guard square > 0 || square.isNaN else {
        throw .negativeVariance("\(layer)/moving_variance", index: channel, value: "\(variance[channel])")
      }
      let scale = Double(gamma?[channel] ?? 1) / square.squareRoot()
      affine.scale.append(scale)
      affine.shift.append(Double(beta?[channel] ?? 0) - Double(mean[channel]) * scale)
    }
    return [.affine(affine, layer: layer)]
  }
}
