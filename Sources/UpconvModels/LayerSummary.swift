import UpconvJSON

/// What can be said of a layer without running it.
package struct LayerSummary: Sendable, Hashable {
  package let name: String
  /// Keras's name of the class.
  package let className: String
  /// Batch first; nil if a length varies.
  package let outputDimensions: [Int?]
  /// Numbers that the layer has as weights, those that only training changes included.
  package let parameters: Int
  /// In Keras's order.
  package let weights: [Weight]
  /// What the document says of how it computes; defaults are not in it.
  package let options: [Option]

  /// A weight by Keras's name: `kernel`, `bias`, `gamma`, ...
  package struct Weight: Sendable, Hashable {
    package let name: String
    package let shape: [Int]
  }

  /// An option by Keras's name.
  package struct Option: Sendable, Hashable {
    package enum Value: Sendable, Hashable {
      case flag(Bool)
      case integers([Int])
      case number(Double)
      case text(String)
    }

    package let name: String
    package let value: Value
  }

  init(_ configuration: LayerConfiguration, _ layer: any ModelLayer) {
    name = configuration.layer
    className = configuration.className
    outputDimensions = layer.outputDimensions
    parameters = layer.weights.reduce(0) { $0 + product($1.shape) }
    weights = layer.weights.map { Weight(name: $0.variable, shape: $0.shape) }
    options = configuration.computingMembers.compactMap { member in
      Option.Value(member.value).map { Option(name: member.name, value: $0) }
    }
  }
}

extension LayerSummary.Option.Value {
  /// nil for what has no such form; of a function that is written as an object its name.
  init?(_ value: JSONValue) {
    switch value {
    case .null, .numbers: return nil
    case .bool(let flag): self = .flag(flag)
    case .number(let number): self = number.integer.map { .integers([$0]) } ?? .number(number.double)
    case .string(let string): self = .text(string)
    case .array(let elements):
      let integers = elements.compactMap(\.integer)
      self = integers.count == elements.count ? .integers(integers) : .text(value.excerpt)
    case .object:
      guard let name = value["class_name"]?.string else { return nil }
      self = .text(name == "function" ? value["config"]?.string ?? name : name)
    }
  }
}
