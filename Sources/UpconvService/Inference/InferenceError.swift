package import UpconvTensor

/// Why a request is no inference request for the model that it names.
package enum InferenceError: Error {
  case notAnObject
  case missing(field: String)
  case wrongValue(field: String, value: String, rule: String)
  case unknownDatatype(field: String, value: String)
  /// Floats of 16 bits in JSON.
  case datatypeWithoutJSON(field: String, datatype: String)
  /// `true` or `false` among the data of another datatype.
  case booleans(field: String, datatype: String)
  /// A number that the datatype does not hold.
  case notOfDatatype(field: String, value: Float, datatype: String)
  case shape(field: String, ShapeError)
  case dataCount(field: String, shape: [Int], found: Int)
  case dataNesting(field: String, shape: [Int], found: [Int])
  case dataAndBinary(field: String)
  case dataMissing(field: String)
  case binarySize(field: String, declared: Int, expected: Int)
  case unknownInput(name: String, expected: String)
  case inputCount(found: Int, expected: String)
  case unknownOutput(name: String, expected: String)
  case duplicateOutput(name: String)
  /// A parameter of an extension that is not offered.
  case unsupportedParameter(field: String, extension: String)
  case headerLength(value: String)
  /// The JSON part is said to be longer than the whole content.
  case headerTruncated(expectedBytes: Int, foundBytes: Int)
  case binaryTruncated(field: String, missingBytes: Int)
  case trailingBytes(expectedBytes: Int)
  /// A raw request to a model whose shape does not follow from the number of bytes.
  case rawNeedsShape(shape: String)
  case rawSize(bytes: Int, expected: Int)
  /// Where an axis is variable.
  case rawSizeMultiple(bytes: Int, of: Int)
  /// A file of several tensors has none of the model's name.
  case missingTensor(expected: String, found: [String])
}

extension InferenceError: CustomStringConvertible {
  /// The field of the request that has to change.
  package var field: String? {
    switch self {
    case .missing(let field), .wrongValue(let field, _, _), .unknownDatatype(let field, _),
      .datatypeWithoutJSON(let field, _), .booleans(let field, _), .notOfDatatype(let field, _, _),
      .shape(let field, _), .dataCount(let field, _, _), .dataNesting(let field, _, _), .dataAndBinary(let field),
      .dataMissing(let field), .binarySize(let field, _, _), .unsupportedParameter(let field, _),
      .binaryTruncated(let field, _):
      field
    case .unknownInput, .inputCount: "inputs"
    case .unknownOutput, .duplicateOutput: "outputs"
    case .headerLength, .headerTruncated: "Inference-Header-Content-Length"
    case .notAnObject, .trailingBytes, .rawNeedsShape, .rawSize, .rawSizeMultiple, .missingTensor: nil
    }
  }

  package var description: String {
    switch self {
    case .notAnObject: "the request must be a JSON object: {\"inputs\": [...]}"
    case .missing(let field): "\(field) is missing"
    case .wrongValue(let field, let value, let rule): "\(field) is \(value), but must be \(rule)"
    case .unknownDatatype(let field, let value):
      "\(field) is \(value), but must be one of "
        + InferenceDatatype.allCases.map(\.rawValue).joined(separator: ", ")
    case .datatypeWithoutJSON(let field, let datatype):
      "\(field) is \(datatype), which has no form in JSON: send it with the binary tensor data extension, or as FP32"
    case .booleans(let field, let datatype): "\(field) holds true or false, but its datatype is \(datatype)"
    case .notOfDatatype(let field, let value, let datatype):
      "\(field) holds \(value), which is no \(datatype)"
    case .shape(let field, let error): "\(field): \(error)"
    case .dataCount(let field, let shape, let found):
      "\(field) holds \(found) numbers, but the shape \(Shape.text(shape)) asks for \(shape.reduce(1, *))"
    case .dataNesting(let field, let shape, let found):
      "\(field) is nested as \(Shape.text(found)), but the shape is \(Shape.text(shape))"
    case .dataAndBinary(let field): "\(field) has both data and binary_data_size: one of them holds the tensor"
    case .dataMissing(let field):
      "\(field) has no data: give data, or parameters.binary_data_size and the bytes behind the JSON"
    case .binarySize(let field, let declared, let expected):
      "\(field) is \(declared), but the shape and the datatype ask for \(expected) bytes"
    case .unknownInput(let name, let expected):
      "the model has no input \"\(name.cutShort())\"; its input is \(expected)"
    case .inputCount(let found, let expected):
      "the request has \(found) inputs, but the model takes one, \(expected)"
    case .unknownOutput(let name, let expected):
      "the model has no output \"\(name.cutShort())\"; its output is \(expected)"
    case .duplicateOutput(let name): "the output \"\(name.cutShort())\" is asked for more than once"
    case .unsupportedParameter(let field, let name):
      "\(field) belongs to the extension \(name), which is not offered here; GET /v2 lists those that are"
    case .headerLength(let value):
      "Inference-Header-Content-Length is \"\(value.cutShort())\", but must be a whole number of bytes, 0 or more"
    case .headerTruncated(let expected, let found):
      "Inference-Header-Content-Length is \(expected), but the content has only \(found) bytes"
    case .binaryTruncated(let field, let missing):
      "the content ends \(missing) bytes before the end of the data of \(field)"
    case .trailingBytes(let expected): "bytes follow the last tensor: the content must end after \(expected) bytes"
    case .rawNeedsShape(let shape):
      "the model's input is \(shape), which has more than one variable axis besides the batch: "
        + "bytes alone do not tell its shape"
    case .rawSize(let bytes, let expected): "the content has \(bytes) bytes, but the model's input takes \(expected)"
    case .rawSizeMultiple(let bytes, let multiple):
      "the content has \(bytes) bytes, but must have a multiple of \(multiple)"
    case .missingTensor(let expected, let found):
      "the content has no tensor \(expected), only \(found.map { "\"\($0.cutShort())\"" }.joined(separator: ", "))"
    }
  }
}
