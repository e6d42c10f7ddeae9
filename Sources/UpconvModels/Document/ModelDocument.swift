import UpconvJSON

/// What `model.json` says: a chain of layers, each with its options still unread.
struct ModelDocument {
  let name: String
  /// From which weights are initialised that nothing else gives a seed for: the document's member `seed`, else 0.
  let seed: UInt64
  let input: ModelTensor
  /// In the order in which they run, without the InputLayer.
  let layers: [LayerConfiguration]

  /// Bytes of the document. A chain of 1,000 layers has about one million.
  static let maxBytes = 8 << 20

  /// Reads what `to_json()` of a `keras.Sequential`, or of a Functional model that is a chain, writes.
  /// - Throws: the `ModelError`s that concern `model.json` as a whole.
  init(_ root: JSONValue) throws(ModelError) {
    let root = root.unwrapped
    guard case .object = root else { throw .malformed(place: "the document", expected: "an object") }
    guard let className = root["class_name"]?.string else {
      throw .malformed(place: "class_name", expected: "a string")
    }
    let version = root["keras_version"]?.string ?? ""
    guard !version.hasPrefix("0."), !version.hasPrefix("1.") else { throw .tooOldKeras(version) }
    // Until 2.2.2, and in TensorFlow 1, a Sequential's config is the array of its layers.
    guard let config = root["config"], config.isObject || className == "Sequential" && config.array != nil else {
      throw .malformed(place: "config", expected: "an object")
    }
    let isKeras2 = version.hasPrefix("2.")
    let entries: [LayerEntry]
    switch className {
    case "Sequential": entries = try LayerEntry.sequence(in: config, place: "config.layers")
    case "Functional", "Model": entries = try LayerEntry.chain(in: config)
    default: throw .unsupportedModel(className: className)
    }
    name = config["name"]?.string ?? "model"
    if let seed = root["seed"] {
      guard let integer = seed.integer else { throw .malformed(place: "seed", expected: "a whole number") }
      self.seed = UInt64(bitPattern: Int64(integer))
    } else {
      seed = 0
    }
    let configurations = try entries.map { (entry) throws(ModelError) in
      LayerConfiguration(
        layer: entry.name, className: LayerKind.aliases[entry.className] ?? entry.className, isKeras2: isKeras2,
        members: entry.members)
    }
    var names: Set<String> = []
    for layer in configurations where !names.insert(layer.layer).inserted { throw .duplicateLayer(layer.layer) }
    guard let first = configurations.first else { throw .noLayers }
    input = try ModelDocument.input(first, config)
    for layer in configurations.dropFirst() where layer.className == "InputLayer" {
      throw .notAChain(layer: layer.layer, reason: "is a second input")
    }
    layers = first.className == "InputLayer" ? Array(configurations.dropFirst()) : configurations
  }

  /// The shape that the first layer is built for. Its name is the InputLayer's, else made from the first layer's.
  private static func input(_ first: LayerConfiguration, _ config: JSONValue) throws(ModelError) -> ModelTensor {
    var first = first
    let isInputLayer = first.className == "InputLayer"
    var key = "batch_shape"
    var found = first.value(key)
    if found == nil {
      key = "batch_input_shape"
      found = first.value(key)
    }
    guard let shape = found ?? config["build_input_shape"], !shape.isNull else {
      throw .noInputShape(layer: first.layer)
    }
    let rule = "must be an array of lengths of 1 or more, or null for any, batch first"
    guard let lengths = shape.array, !lengths.isEmpty else { throw first.wrong(key, shape, rule) }
    var dimensions: [Int?] = []
    for length in lengths {
      guard length.isNull || length.integer.map({ 1...1 << 40 ~= $0 }) ?? false else {
        throw first.wrong(key, shape, rule)
      }
      dimensions.append(length.integer)
    }
    if isInputLayer {
      for flag in ["sparse", "ragged", "optional"] {
        if try first.flag(flag, default: false) {
          throw .unknownKey(layer: first.layer, key: flag, value: "true")
        }
      }
      // Whatever the input's type, it is converted to float32.
      _ = first.value("dtype")
      try first.finish()
    }
    return ModelTensor(name: isInputLayer ? first.layer : first.layer + "_input", dimensions: dimensions)
  }
}
