import UpconvJSON
import UpconvRepository
import UpconvTensor

/// A request of TensorFlow Serving's REST interface, read: one tensor, in rows or as a column.
struct PredictionRequest {
  /// How the tensor came, and how the answer goes.
  enum Form {
    /// `instances`: a list of images.
    case rows
    /// `inputs`: the batch as one.
    case column

    var answerField: String {
      switch self {
      case .rows: "predictions"
      case .column: "outputs"
      }
    }
  }

  let form: Form
  let input: Tensor

  /// Where arrays of numbers are tensors.
  static func isNumberArray(_ path: JSONPath) -> Bool {
    switch path.steps.first {
    case .member("instances"):
      // The list itself, or one object's member.
      if path.steps.count == 1 { return true }
      guard path.steps.count == 3, case .element = path.steps[1], case .member = path.steps[2] else { return false }
      return true
    case .member("inputs"):
      if path.steps.count == 1 { return true }
      guard path.steps.count == 2, case .member = path.steps[1] else { return false }
      return true
    default: return false
    }
  }

  /// - Parameter input: the name of the model's input.
  init(_ document: JSONValue, input: String) throws(PredictionError) {
    guard case .object(let members) = document else { throw .notAnObject }
    var form: Form?
    var value = JSONValue.null
    for member in members where !member.value.isNull {
      switch member.name {
      case "signature_name":
        guard case .string("serving_default") = member.value else {
          throw .unknownSignature(member.value.excerpt)
        }
      case "instances", "inputs":
        guard form == nil else { throw .bothForms }
        form = member.name == "instances" ? .rows : .column
        value = member.value
      default: break
      }
    }
    guard let form else { throw .neitherForm }
    self.form = form
    switch form {
    case .rows: self.input = try PredictionRequest.rows(value, input: input)
    case .column: self.input = try PredictionRequest.column(value, input: input)
    }
  }

  private static func column(_ value: JSONValue, input: String) throws(PredictionError) -> Tensor {
    switch value {
    case .numbers(let tensor): return tensor
    case .object(let members):
      guard let name = members.first(where: { $0.name != input })?.name else {
        guard case .numbers(let tensor)? = members.first?.value else { throw .notATensor(field: "inputs.\(input)") }
        return tensor
      }
      throw .unknownInput(name: name, expected: input)
    default: throw .notATensor(field: "inputs")
    }
  }

  private static func rows(_ value: JSONValue, input: String) throws(PredictionError) -> Tensor {
    switch value {
    case .numbers(let tensor): return tensor
    case .array(let elements):
      var rows: [Tensor] = []
      for (index, element) in elements.enumerated() {
        let field = "instances[\(index)]"
        guard case .object(let members) = element else { throw .notATensor(field: field) }
        if let name = members.first(where: { $0.name != input })?.name {
          throw .unknownInput(name: name, expected: input)
        }
        guard case .numbers(let row)? = members.first?.value else { throw .notATensor(field: "\(field).\(input)") }
        guard row.shape == rows.first?.shape ?? row.shape else {
          throw .differentRows(field: field, shape: row.shape.dimensions, first: rows[0].shape.dimensions)
        }
        rows.append(row)
      }
      guard !rows.isEmpty else { throw .notATensor(field: "instances") }
      return Tensor.stacked(rows)
    default: throw .notATensor(field: "instances")
    }
  }
}

/// Why a request is none for TensorFlow Serving's interface.
package enum PredictionError: Error {
  case notAnObject
  case bothForms
  case neitherForm
  case unknownSignature(String)
  case unknownInput(name: String, expected: String)
  case notATensor(field: String)
  case differentRows(field: String, shape: [Int], first: [Int])

  package var field: String? {
    switch self {
    case .notAnObject, .bothForms, .neitherForm: nil
    case .unknownSignature: "signature_name"
    case .unknownInput: "inputs"
    case .notATensor(let field), .differentRows(let field, _, _): field
    }
  }
}

extension PredictionError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAnObject: "the request must be a JSON object: {\"instances\": [...]} or {\"inputs\": ...}"
    case .bothForms: "the request has both instances and inputs: one of them holds the tensor"
    case .neitherForm: "the request has neither instances (rows) nor inputs (a column)"
    case .unknownSignature(let name): "signature_name is \(name), but the one signature is \"serving_default\""
    case .unknownInput(let name, let expected):
      "the model has no input \"\(name.cutShort())\"; its input is \(expected)"
    case .notATensor(let field): "\(field) must be a tensor: nested arrays of numbers"
    case .differentRows(let field, let shape, let first):
      "\(field) has the shape \(Shape.text(shape)), but the first row has \(Shape.text(first))"
    }
  }
}
