import UpconvModels

/// A model as TensorFlow would draw it: the layers in a chain, each a scope with its weights, its operation and what
/// follows that. What runs is joined differently (docs/models.md); this is what the model means.
struct ModelGraph {
  private(set) var nodes: [GraphNode] = []
  private var names: Set<String> = []

  init(_ model: Model) {
    var last = add(
      model.input.name, "Placeholder",
      shape: model.input.variableDimensions, [("shape", .shape(model.input.variableDimensions))])
    for layer in model.layers { last = add(layer, after: last) }
  }

  /// - Returns: the name of the node that has the layer's output.
  private mutating func add(_ layer: LayerSummary, after previous: String) -> String {
    let scope = unique(layer.name)
    let shape = layer.outputDimensions.map { $0 ?? -1 }
    func name(_ part: String) -> String { "\(scope)/\(part)" }
    var inputs = [previous]
    var bias: String?
    let operation = ModelGraph.operations[layer.className]
    for weight in layer.weights {
      let node = add(name(weight.name), "VariableV2", shape: weight.shape, [("shape", .shape(weight.shape))])
      if weight.name == "bias" { bias = node } else { inputs.append(node) }
    }
    // TensorFlow's order of inputs for the operation that undoes a convolution: filters, then what comes in.
    if layer.className == "Conv2DTranspose" { inputs.reverse() }
    let activation = layer.option("activation").flatMap { $0 == "linear" ? nil : $0 }
    let main = layer.className == "Activation" ? ModelGraph.activation(activation ?? "linear") : operation
    let kind = main ?? layer.className
    var last = add(name(kind), kind, inputs: inputs, shape: shape, ModelGraph.attributes(of: layer))
    if let bias { last = add(name("BiasAdd"), "BiasAdd", inputs: [last, bias], shape: shape) }
    if layer.className != "Activation", let activation {
      let kind = ModelGraph.activation(activation)
      last = add(name(kind), kind, inputs: [last], shape: shape)
    }
    return last
  }

  private mutating func add(
    _ name: String, _ operation: String, inputs: [String] = [], shape: [Int],
    _ attributes: [(name: String, value: GraphNode.Attribute)] = []
  ) -> String {
    let name = unique(name)
    nodes.append(
      GraphNode(name: name, operation: operation, inputs: inputs, outputShape: shape, attributes: attributes))
    return name
  }

  /// A name as TensorFlow takes it, that no other node has.
  private mutating func unique(_ name: String) -> String {
    var allowed = String(
      name.unicodeScalars.map { scalar -> Character in
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", "/": Character(scalar)
        default: "_"
        }
      })
    if let first = allowed.first, !first.isLetter, !first.isNumber, first != "." { allowed = "." + allowed }
    var unique = allowed
    var number = 0
    while !names.insert(unique).inserted {
      number += 1
      unique = "\(allowed)_\(number)"
    }
    return unique
  }

  /// TensorFlow's operations by Keras's layers.
  private static let operations: [String: String] = [
    "Conv2DTranspose": "Conv2DBackpropInput", "Conv2D": "Conv2D", "Dense": "MatMul",
    "BatchNormalization": "FusedBatchNormV3", "Reshape": "Reshape", "Flatten": "Reshape",
    "UpSampling2D": "ResizeNearestNeighbor", "ZeroPadding2D": "Pad", "Cropping2D": "StridedSlice", "Rescaling": "Mul",
    "Dropout": "Identity", "ReLU": "Relu", "LeakyReLU": "LeakyRelu", "PReLU": "LeakyRelu", "ELU": "Elu",
    "Softmax": "Softmax",
  ]

  /// TensorFlow's operations by Keras's activations; those of several operations by a name in the same style.
  private static func activation(_ name: String) -> String {
    let named = [
      "linear": "Identity", "relu6": "Relu6", "leaky_relu": "LeakyRelu", "silu": "Swish", "exponential": "Exp",
      "hard_sigmoid": "HardSigmoid",
    ]
    return named[name] ?? operations[name] ?? name.prefix(1).uppercased() + name.dropFirst()
  }

  /// Windows as TensorFlow has them, and everything else under Keras's name.
  private static func attributes(of layer: LayerSummary) -> [(name: String, value: GraphNode.Attribute)] {
    var attributes: [(name: String, value: GraphNode.Attribute)] = [("keras_class", .text(layer.className))]
    if layer.parameters > 0 { attributes.append(("parameters", .integer(layer.parameters))) }
    let isConvolution = layer.className == "Conv2DTranspose" || layer.className == "Conv2D"
    let isChannelsFirst = layer.option("data_format") == "channels_first"
    func window(_ pair: [Int]) -> GraphNode.Attribute {
      let (height, width) = (pair.first ?? 1, pair.last ?? 1)
      return .integers(isChannelsFirst ? [1, 1, height, width] : [1, height, width, 1])
    }
    if isConvolution {
      attributes += [
        ("strides", window(layer.integers("strides") ?? [1])),
        ("dilations", window(layer.integers("dilation_rate") ?? [1])),
        ("padding", .text((layer.option("padding") ?? "valid").uppercased())),
        ("data_format", .text(isChannelsFirst ? "NCHW" : "NHWC")),
      ]
    }
    let said: Set = ["strides", "dilation_rate", "padding", "data_format"]
    for option in layer.options where !(isConvolution && said.contains(option.name)) {
      attributes.append((option.name, GraphNode.Attribute(option.value)))
    }
    return attributes
  }
}

extension GraphNode.Attribute {
  fileprivate init(_ value: LayerSummary.Option.Value) {
    switch value {
    case .flag(let flag): self = .flag(flag)
    case .integers(let integers): self = integers.count == 1 ? .integer(integers[0]) : .integers(integers)
    case .number(let number): self = .number(number)
    case .text(let text): self = .text(text)
    }
  }
}

extension LayerSummary {
  /// An option that is a word.
  fileprivate func option(_ name: String) -> String? {
    guard case .text(let text)? = options.first(where: { $0.name == name })?.value else { return nil }
    return text
  }

  /// An option that is a whole number or several.
  fileprivate func integers(_ name: String) -> [Int]? {
    guard case .integers(let integers)? = options.first(where: { $0.name == name })?.value else { return nil }
    return integers
  }
}
