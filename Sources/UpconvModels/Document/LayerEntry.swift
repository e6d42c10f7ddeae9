import UpconvJSON

/// One element of a `layers` array.
struct LayerEntry {
  let name: String
  let className: String
  let members: [JSONValue.Member]

  private init(_ value: JSONValue, place: String) throws(ModelError) {
    guard case .object = value else { throw .malformed(place: place, expected: "an object") }
    guard let className = value["class_name"]?.string else {
      throw .malformed(place: "\(place).class_name", expected: "a string")
    }
    guard let config = value["config"], case .object(let members) = config else {
      throw .malformed(place: "\(place).config", expected: "an object")
    }
    guard let name = config["name"]?.string, !name.isEmpty else {
      throw .malformed(place: "\(place).config.name", expected: "a string")
    }
    self.name = name
    self.className = className
    self.members = members
  }

  /// The layers of a Sequential, in order; those of a Sequential among them in its place.
  static func sequence(in config: JSONValue, place: String) throws(ModelError) -> [LayerEntry] {
    guard let values = config.array ?? config["layers"]?.array else {
      throw .malformed(place: place, expected: "an array")
    }
    var entries: [LayerEntry] = []
    for (index, value) in values.enumerated() {
      entries += try expanded(value, place: "\(place)[\(index)]", isFirst: index == 0)
    }
    return entries
  }

  private static func expanded(_ value: JSONValue, place: String, isFirst: Bool) throws(ModelError) -> [LayerEntry] {
    guard value["class_name"]?.string == "Sequential", let config = value["config"] else {
      return [try LayerEntry(value, place: place)]
    }
    let inner = try sequence(in: config, place: "\(place).config.layers")
    // Its InputLayer only repeats what the layer before it gives.
    return isFirst ? inner : inner.filter { $0.className != "InputLayer" }
  }

  /// The layers of a Functional model, where each reads the one before it.
  static func chain(in config: JSONValue) throws(ModelError) -> [LayerEntry] {
    guard let values = config["layers"]?.array else { throw .malformed(place: "config.layers", expected: "an array") }
    for key in ["input_layers", "output_layers"] {
      guard let names = config[key]?.array else { throw .malformed(place: "config.\(key)", expected: "an array") }
      // One is `["x", 0, 0]`, or `[["x", 0, 0]]`.
      guard names.count == 1 || names.first?.string != nil else {
        throw .notAChain(layer: nil, reason: "has \(names.count) \(key == "input_layers" ? "inputs" : "outputs")")
      }
    }
    var entries: [LayerEntry] = []
    var last: String?
    for (index, value) in values.enumerated() {
      let place = "config.layers[\(index)]"
      // A Sequential whose config is a list has its name only here.
      let name: String
      if let own = value["name"]?.string { name = own } else { name = try LayerEntry(value, place: place).name }
      guard let nodes = value["inbound_nodes"]?.array else {
        throw .malformed(place: "\(place).inbound_nodes", expected: "an array")
      }
      if let last {
        guard nodes.count == 1 else {
          throw .notAChain(layer: name, reason: "is called \(nodes.count) times")
        }
        let inputs = try sources(of: nodes[0], layer: name)
        guard inputs == [last] else {
          throw .notAChain(layer: name, reason: "reads \(inputs.map(quoted).joined(separator: " and "))")
        }
      } else if !nodes.isEmpty {
        throw .notAChain(layer: name, reason: "comes before the input")
      }
      entries += try expanded(value, place: place, isFirst: index == 0)
      last = name
    }
    let output = config["output_layers"]?.array ?? []
    let outputName = output.first?.string ?? output.first?.array?.first?.string
    guard outputName == last else {
      throw .notAChain(layer: outputName, reason: "is the output and not the last layer")
    }
    return entries
  }

  /// The names of the layers that a node reads: Keras 3 writes tensors with a history, Keras 2 lists.
  private static func sources(of node: JSONValue, layer: String) throws(ModelError) -> [String] {
    if let inputs = node.array {
      return inputs.map { $0.array?.first?.string ?? "?" }
    }
    if case .object(let options)? = node["kwargs"] {
      for option in options where !option.value.isNull {
        if case .bool(false) = option.value { continue }
        throw .unknownKey(layer: layer, key: option.name, value: option.value.excerpt)
      }
    }
    return (node["args"]?.array ?? []).map { $0["config"]?["keras_history"]?.array?.first?.string ?? "?" }
  }
}
