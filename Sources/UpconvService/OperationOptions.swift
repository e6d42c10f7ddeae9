package import UpconvConvolution
package import UpconvJSON

/// The options of a request, read: the operation, and how its answer is to be written.
package struct OperationOptions {
  package private(set) var operation = TransposedConvolution()
  /// Whether only algorithms may compute it that add up the products of the definition, none that transforms them.
  package private(set) var isExact = false
  /// Whether a JSON answer nests its numbers.
  var isNested = false

  /// - Parameter options: in any order; `null` is the same as absent.
  /// - Throws: the `OperationError`s about fields and their values.
  package init(_ options: [(name: String, value: JSONValue)]) throws(OperationError) {
    var values: [String: OptionValue] = [:]
    for (name, value) in options {
      guard OperationParts.optionNames.contains(name) else {
        if OperationParts.tensorNames.contains(name) { throw .tensorAsOption(name: name) }
        throw .unknownField(name: name, nearest: NearestName.of(name, among: OperationParts.names))
      }
      guard values.updateValue(OptionValue(field: name, value: value), forKey: name) == nil else {
        throw .duplicateField(name: name)
      }
    }
    values = values.filter { if case .null = $0.value.value { false } else { true } }

    // The order of all lists of four follows the layout, so it is read first.
    if let value = values["data_format"] {
      let name = try value.name(among: Layout.allCases.map(\.rawValue))
      operation.layout = Layout(rawValue: name) ?? .nhwc
    }
    let layout = operation.layout
    if let value = values["strides"] { operation.strides = try value.spatial(layout, neutral: 1) }
    if let value = values["dilations"] { operation.dilations = try value.spatial(layout, neutral: 1) }
    if let value = values["output_padding"] { operation.outputPadding = try value.spatial(layout, neutral: 0) }
    if let value = values["padding"] { operation.padding = try value.padding(layout) }
    if let value = values["output_shape"] { operation.outputShape = try value.outputShape(layout) }
    if let value = values["groups"] { operation.groups = try value.integer("a whole number") }
    operation.activation = try OperationOptions.activation(values["activation"], alpha: values["alpha"])
    if let value = values["exact"] { isExact = try value.bool() }
    if let value = values["format"] { isNested = try value.name(among: ["flat", "nested"]) == "nested" }
  }

  private static func activation(
    _ value: OptionValue?, alpha: OptionValue?
  ) throws(OperationError) -> Activation {
    let name = try value?.name(among: Activation.names) ?? "linear"
    guard name == "leaky_relu" else {
      guard alpha == nil else { throw .alphaWithoutLeakyReLU(activation: name) }
      return switch name {
      case "relu": .relu
      case "sigmoid": .sigmoid
      case "tanh": .tanh
      default: .linear
      }
    }
    guard let alpha else { return .leakyReLU(alpha: Activation.defaultAlpha) }
    guard case .number(let number) = alpha.value, Float(number.double).isFinite else {
      throw .wrongValue(field: "alpha", value: alpha.text, rule: "a number that float32 can hold")
    }
    return .leakyReLU(alpha: Float(number.double))
  }
}

extension OptionValue {
  /// A number for both axes, or 1, 2 or 4 of them; of four, in the order of `layout`, batch and channel entries
  /// must be `neutral`.
  fileprivate func spatial(_ layout: Layout, neutral: Int) throws(OperationError) -> Spatial {
    let rule = "a whole number, or a list of 1, 2 or 4 of them"
    if case .number = value {
      let both = try integer(rule)
      return Spatial(height: both, width: both)
    }
    let list = try integers(rule)
    switch list.count {
    case 1: return Spatial(height: list[0], width: list[0])
    case 2: return Spatial(height: list[0], width: list[1])
    default:
      guard let entries = layout.images(list) else { throw .wrongValue(field: field, value: text, rule: rule) }
      guard entries.batch == neutral, entries.channels == neutral else {
        throw .batchOrChannelEntry(field: field, value: text, neutral: neutral)
      }
      return Spatial(height: entries.height, width: entries.width)
    }
  }

  /// `"SAME"`, `"VALID"`, `[[top,bottom],[left,right]]`, or four pairs in the order of `layout`.
  fileprivate func padding(_ layout: Layout) throws(OperationError) -> Padding {
    let rule = "\"SAME\", \"VALID\", [[top,bottom],[left,right]], or four such pairs in the order of data_format"
    if case .string(let string) = value {
      switch string.lowercased() {
      case "same": return .same
      case "valid": return .valid
      default:
        let nearest = NearestName.of(string, among: ["SAME", "VALID"])
        throw .wrongValue(field: field, value: text, rule: rule, nearest: nearest)
      }
    }
    let pairs = try pairs(rule)
    let (vertical, horizontal): ((Int, Int), (Int, Int))
    switch pairs.count {
    case 2:
      (vertical, horizontal) = (pairs[0], pairs[1])
    default:
      guard let before = layout.images(pairs.map(\.0)), let after = layout.images(pairs.map(\.1)) else {
        throw .wrongValue(field: field, value: text, rule: rule)
      }
      guard [before.batch, before.channels, after.batch, after.channels].allSatisfy({ $0 == 0 }) else {
        throw .batchOrChannelEntry(field: field, value: text, neutral: 0)
      }
      (vertical, horizontal) = ((before.height, after.height), (before.width, after.width))
    }
    return .explicit(
      Padding.Edges(top: vertical.0, bottom: vertical.1, left: horizontal.0, right: horizontal.1))
  }

  /// Height and width, alone, with channels, or with batch and channels, in the order of `layout`. A batch of -1 is
  /// whatever the input has, as where TensorFlow does not know it yet.
  fileprivate func outputShape(_ layout: Layout) throws(OperationError) -> RequestedOutputShape {
    let rule = "a list of 2 (height, width), 3 (without batch) or 4 whole numbers in the order of data_format"
    let list = try integers(rule)
    switch list.count {
    case 2:
      return RequestedOutputShape(spatial: Spatial(height: list[0], width: list[1]))
    case 3, 4:
      guard let images = layout.images(list.count == 4 ? list : [-1] + list) else {
        throw .wrongValue(field: field, value: text, rule: rule)
      }
      return RequestedOutputShape(
        batch: images.batch == -1 ? nil : images.batch,
        spatial: Spatial(height: images.height, width: images.width), channels: images.channels)
    default:
      throw .wrongValue(field: field, value: text, rule: rule)
    }
  }
}
