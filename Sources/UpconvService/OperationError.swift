package import UpconvTensor

/// Why named tensors and options are no request for the operation.
package enum OperationError: Error, Equatable {
  case unknownField(name: String, nearest: String?)
  case unknownTensor(name: String, nearest: String?)
  /// A tensor's name where an option's is expected: in a query or in string metadata.
  case tensorAsOption(name: String)
  /// An option's name among the tensors of a binary container.
  case optionAsTensor(name: String)
  case duplicateField(name: String)
  case missingTensor(name: String)
  /// A field that has to hold a tensor holds something else.
  case notATensor(field: String, found: String)
  case unknownTensorMember(field: String, name: String)
  case missingTensorMember(field: String, name: String)
  case shape(field: String, ShapeError)
  case shapeAndData(field: String, shape: [Int], dataShape: [Int])
  /// A value of another kind, or of another length, than the option takes.
  case wrongValue(field: String, value: String, rule: String, nearest: String? = nil)
  /// A batch or channel entry that would have to be neutral.
  case batchOrChannelEntry(field: String, value: String, neutral: Int)
  case unknownName(field: String, value: String, accepted: [String], nearest: String?)
  case alphaWithoutLeakyReLU(activation: String)

  package var field: String {
    switch self {
    case .unknownField(let name, _), .unknownTensor(let name, _), .tensorAsOption(let name),
      .optionAsTensor(let name), .duplicateField(let name), .missingTensor(let name):
      name
    case .unknownTensorMember(let field, let name), .missingTensorMember(let field, let name):
      "\(field).\(name)"
    case .notATensor(let field, _), .shape(let field, _), .shapeAndData(let field, _, _),
      .wrongValue(let field, _, _, _),
      .batchOrChannelEntry(let field, _, _), .unknownName(let field, _, _, _):
      field
    case .alphaWithoutLeakyReLU: "alpha"
    }
  }
}

extension OperationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownField(let name, let nearest):
      return "unknown field \"\(name.cutShort())\"" + OperationError.hint(nearest)
        + "; the fields are \(OperationParts.names.joined(separator: ", "))"
    case .unknownTensor(let name, let nearest):
      return "unknown tensor \"\(name.cutShort())\"" + OperationError.hint(nearest)
        + "; the tensors are \(OperationParts.tensorNames.joined(separator: ", "))"
    case .tensorAsOption(let name):
      return "\(name) is a tensor: it belongs among the tensors of the content, not among the options"
    case .optionAsTensor(let name):
      return "\(name) is an option, not a tensor: give it in the query, or in the __metadata__ of safetensors"
    case .duplicateField(let name):
      return "\(name.cutShort()) is given more than once"
    case .missingTensor(let name):
      return "\(name) is missing: input and filters are required"
    case .notATensor(let field, let found):
      return "\(field) is \(found), but must be a tensor: nested arrays of numbers, or "
        + "{\"shape\": [...], \"data\": [...]}"
    case .unknownTensorMember(let field, let name):
      return "\(field) has an unknown member \"\(name.cutShort())\": a tensor has shape and data"
    case .missingTensorMember(let field, let name):
      return "\(field) has no \(name): a tensor written as an object has shape and data"
    case .shape(let field, let error):
      return "\(field): \(error)"
    case .shapeAndData(let field, let shape, let dataShape):
      let count = dataShape.reduce(1, *)
      let expected = shape.reduce(1, *)
      return dataShape.count == 1
        ? "\(field) has the shape \(Shape.text(shape)), which asks for \(expected) numbers, but its data has \(count)"
        : "\(field) has the shape \(Shape.text(shape)), but its data is nested as \(Shape.text(dataShape))"
    case .wrongValue(let field, let value, let rule, let nearest):
      return "\(field) is \(value), but must be \(rule)" + OperationError.hint(nearest)
    case .batchOrChannelEntry(let field, let value, let neutral):
      return "\(field) is \(value), but its entries for batch and channels must be \(neutral)"
    case .unknownName(let field, let value, let accepted, let nearest):
      return "\(field) is \(value), but must be one of \(accepted.joined(separator: ", "))"
        + OperationError.hint(nearest)
    case .alphaWithoutLeakyReLU(let activation):
      return "alpha belongs to the activation leaky_relu, but activation is \(activation)"
    }
  }

  private static func hint(_ nearest: String?) -> String {
    nearest.map { " (did you mean \"\($0)\"?)" } ?? ""
  }
}
