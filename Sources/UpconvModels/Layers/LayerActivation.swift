import UpconvConvolution
import UpconvJSON

/// The function that a layer ends with: its `activation`, or the layer itself where that is an activation.
enum LayerActivation: Sendable {
  case function(Activation)
  /// Over the last axis.
  case softmax

  /// Those that Keras knows by a name alone, with its defaults.
  private static let named: [(name: String, activation: LayerActivation)] = [
    ("linear", .function(.linear)), ("relu", .function(.relu)),
    ("leaky_relu", .function(.leakyReLU(alpha: 0.2))), ("relu6", .function(relu6)), ("elu", .function(.elu(alpha: 1))),
    ("selu", .function(.selu)), ("gelu", .function(.gelu)), ("silu", .function(.silu)), ("swish", .function(.silu)),
    ("softplus", .function(.softplus)), ("softsign", .function(.softsign)), ("exponential", .function(.exponential)),
    ("hard_sigmoid", .function(.hardSigmoid(slope: 1 / 6))), ("sigmoid", .function(.sigmoid)),
    ("tanh", .function(.tanh)), ("softmax", .softmax),
  ]

  private static let relu6 = Activation.clippedReLU(slope: 0, threshold: 0, largest: 6)

  /// The value of a key: a name, a function by name, or a layer with its options. Linear where it is absent.
  init(_ config: inout LayerConfiguration, _ key: String) throws(ModelError) {
    guard let value = config.value(key) else {
      self = .function(.linear)
      return
    }
    let className = value["class_name"]?.string
    if let className, let layers = LayerActivation.layers[className], case .object(let members)? = value["config"] {
      var inner = LayerConfiguration(
        layer: config.layer, className: className, isKeras2: config.isKeras2, members: members)
      self = try layers(&inner)
      try inner.finish()
      return
    }
    // A function that Keras wrote as an object has its name in `config`.
    let name = value.string ?? (className == "function" ? value["config"]?.string : nil)
    // TensorFlow 1.14 to 2.0 wrote the name of one of its two implementations.
    let plain = name == "softmax_v2" ? "softmax" : name
    guard let name, let known = LayerActivation.named.first(where: { $0.name == plain }) else {
      throw config.wrong(
        key, value,
        "must be one of " + LayerActivation.named.map(\.name).joined(separator: ", ") + ", or a layer of "
          + LayerActivation.layers.keys.sorted().joined(separator: ", "))
    }
    // Keras 2 had another slope.
    self = name == "hard_sigmoid" && config.isKeras2 ? .function(.hardSigmoid(slope: 0.2)) : known.activation
  }

  /// The layers that are nothing but an activation, by class.
  static let layers: [String: @Sendable (inout LayerConfiguration) throws(ModelError) -> LayerActivation] = [
    "Activation": { (config) throws(ModelError) in try LayerActivation(&config, "activation") },
    "ReLU": { (config) throws(ModelError) in try LayerActivation.relu(&config) },
    "LeakyReLU": { (config) throws(ModelError) in
      let slope = try LayerActivation.notNegative(&config, "negative_slope")
      // The older name.
      let alpha = try LayerActivation.notNegative(&config, "alpha")
      return .function(.leakyReLU(alpha: slope ?? alpha ?? 0.3))
    },
    "ELU": { (config) throws(ModelError) in .function(.elu(alpha: try config.optionalNumber("alpha") ?? 1)) },
    "Softmax": { (config) throws(ModelError) in
      // Changes the result only with a mask, which no model here has.
      _ = config.value("robust_masking")
      guard try config.integer("axis", in: -8...8, default: -1) == -1 else {
        throw config.wrong("axis", config.value("axis") ?? .null, "must be -1, the last axis")
      }
      return .softmax
    },
  ]

  private static func relu(_ config: inout LayerConfiguration) throws(ModelError) -> LayerActivation {
    let largest = try notNegative(&config, "max_value")
    let slope = try notNegative(&config, "negative_slope") ?? 0
    let threshold = try notNegative(&config, "threshold") ?? 0
    switch (largest, slope, threshold) {
    case (nil, 0, 0): return .function(.relu)
    case (nil, _, 0): return .function(.leakyReLU(alpha: slope))
    default: return .function(.clippedReLU(slope: slope, threshold: threshold, largest: largest ?? .infinity))
    }
  }

  private static func notNegative(_ config: inout LayerConfiguration, _ key: String) throws(ModelError) -> Float? {
    guard let number = try config.optionalNumber(key) else { return nil }
    guard number >= 0 else { throw config.wrong(key, config.value(key) ?? .null, "must be 0 or more") }
    return number
  }

  func drafts(_ layer: String) -> [StageDraft] {
    switch self {
    case .function(.linear): []
    case .function(let function): [.activation(function, layer: layer)]
    case .softmax: [.fixed(SoftmaxStage(layer: layer))]
    }
  }
}

/// `Activation`, `ReLU`, `LeakyReLU`, `ELU` and `Softmax`.
struct ActivationLayer: ModelLayer {
  let outputDimensions: [Int?]
  private let layer: String
  private let activation: LayerActivation

  init(_ config: inout LayerConfiguration, input: [Int?], activation: LayerActivation) {
    outputDimensions = input
    layer = config.layer
    self.activation = activation
  }

  func drafts(_ weights: LayerWeights) -> [StageDraft] { activation.drafts(layer) }
}
