import UpconvJSON
import UpconvTensor

/// A tensor as a JSON request writes it: nested arrays, or an object of `shape` and `data`.
enum JSONTensorField {
  /// The places of a document where arrays of numbers are tensors.
  static func isNumberArray(_ path: JSONPath) -> Bool {
    guard case .member(let field)? = path.steps.first, OperationParts.tensorNames.contains(field) else {
      return false
    }
    return path.steps.count == 1 || (path.steps.count == 2 && path.steps[1] == .member("data"))
  }

  static func tensor(
    _ field: String, _ value: JSONValue, limits: TensorLimits
  ) throws(OperationError) -> Tensor {
    switch value {
    case .numbers(let tensor): return tensor
    case .object(let members): return try tensor(field, members, limits)
    case .null, .bool, .number, .string, .array: throw .notATensor(field: field, found: value.excerpt)
    }
  }

  private static func tensor(
    _ field: String, _ members: [JSONValue.Member], _ limits: TensorLimits
  ) throws(OperationError) -> Tensor {
    var dimensions: [Int]?
    var data: Tensor?
    for member in members {
      switch member.name {
      case "shape":
        let option = OptionValue(field: field + ".shape", value: member.value)
        dimensions = try option.integers("a list of whole numbers")
      case "data":
        guard case .numbers(let tensor) = member.value else {
          throw .notATensor(field: field + ".data", found: member.value.excerpt)
        }
        data = tensor
      default:
        throw .unknownTensorMember(field: field, name: member.name)
      }
    }
    guard let dimensions else { throw .missingTensorMember(field: field, name: "shape") }
    guard let data else { throw .missingTensorMember(field: field, name: "data") }
    let shape: Shape
    do { shape = try Shape(dimensions, limits: limits) } catch { throw .shape(field: field, error) }
    guard data.shape.rank == 1 || data.shape == shape, let tensor = data.reshaped(to: shape) else {
      throw .shapeAndData(field: field, shape: dimensions, dataShape: data.shape.dimensions)
    }
    return tensor
  }
}
