package import UpconvJSON
package import UpconvTensor

/// What a request for the operation consists of, whichever container brought it: named tensors and named options.
package struct OperationParts: Sendable {
  package var tensors: [(name: String, tensor: Tensor)] = []
  package var options: [(name: String, value: JSONValue)] = []

  package init() {}

  /// Adds an option whose value came as text, from a query, string metadata or a command line: JSON where it is JSON,
  /// else the text itself; `2,2` is read as `[2,2]`.
  package mutating func appendOption(_ name: String, text: String, limits: JSONLimits = JSONLimits()) {
    let value: JSONValue
    if !OperationParts.optionNames.contains(name) {
      // It will be refused for its name; its value is nobody's concern.
      value = .string(text)
    } else if let json = try? JSONValue.parse(text, limits: limits) {
      value = json
    } else if text.contains(","), let list = try? JSONValue.parse("[\(text)]", limits: limits) {
      value = list
    } else {
      value = .string(text)
    }
    options.append((name, value))
  }

  /// The names of the tensors, in the order of the documentation.
  package static let tensorNames = ["input", "filters", "bias"]

  /// The names of all options, likewise.
  package static let optionNames = [
    "strides", "padding", "output_shape", "output_padding", "dilations", "groups", "data_format", "activation",
    "alpha", "exact", "format",
  ]

  static let names = tensorNames + optionNames
}
