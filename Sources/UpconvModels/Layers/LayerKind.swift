/// The classes of layers that are known, by Keras's names.
struct LayerKind: Sendable {
  let name: String
  /// Reads the options of one, for an input of these lengths.
  let make: @Sendable (inout LayerConfiguration, [Int?]) throws(ModelError) -> any ModelLayer

  static let all: [LayerKind] =
    [
      LayerKind(name: "Conv2DTranspose") { (config, input) throws(ModelError) in
        try Conv2DTransposeLayer(&config, input: input)
      },
      LayerKind(name: "Conv2D") { (config, input) throws(ModelError) in try Conv2DLayer(&config, input: input) },
      LayerKind(name: "Dense") { (config, input) throws(ModelError) in try DenseLayer(&config, input: input) },
      LayerKind(name: "BatchNormalization") { (config, input) throws(ModelError) in
        try BatchNormalizationLayer(&config, input: input)
      },
      LayerKind(name: "Reshape") { (config, input) throws(ModelError) in try ReshapeLayer(&config, input: input) },
      LayerKind(name: "Flatten") { (config, input) throws(ModelError) in try FlattenLayer(&config, input: input) },
      LayerKind(name: "UpSampling2D") { (config, input) throws(ModelError) in
        try UpSampling2DLayer(&config, input: input)
      },
      LayerKind(name: "ZeroPadding2D") { (config, input) throws(ModelError) in
        try BorderLayer(&config, input: input, .pad)
      },
      LayerKind(name: "Cropping2D") { (config, input) throws(ModelError) in
        try BorderLayer(&config, input: input, .crop)
      },
      LayerKind(name: "Rescaling") { (config, input) throws(ModelError) in try RescalingLayer(&config, input: input) },
      LayerKind(name: "PReLU") { (config, input) throws(ModelError) in try PReLULayer(&config, input: input) },
      LayerKind(name: "Dropout") { (config, input) throws(ModelError) in DropoutLayer(&config, input: input) },
    ]
    + LayerActivation.layers.sorted { $0.key < $1.key }.map { name, make in
      LayerKind(name: name) { (config, input) throws(ModelError) in
        let activation = try make(&config)
        return ActivationLayer(&config, input: input, activation: activation)
      }
    }

  /// Other names that Keras has for the same layers: TensorFlow 1.13 to 2.0 numbered its two implementations.
  static let aliases = [
    "BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
  ]

  private static var names: [String] { ["InputLayer"] + all.map(\.name) }

  /// - Throws: `.unknownLayer`, and what is wrong with the options.
  static func layer(_ configuration: LayerConfiguration, input: [Int?]) throws(ModelError) -> any ModelLayer {
    guard let kind = all.first(where: { $0.name == configuration.className }) else {
      throw .unknownLayer(layer: configuration.layer, className: configuration.className, known: names)
    }
    var configuration = configuration
    let layer = try kind.make(&configuration, input)
    try configuration.finish()
    return layer
  }
}
