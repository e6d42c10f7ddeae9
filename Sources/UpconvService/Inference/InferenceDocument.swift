import UpconvJSON
import UpconvTensor

/// The JSON of an inference request, checked against the protocol: what is said of inputs and outputs, before the bytes
/// behind it are read.
/// - Source: Open Inference Protocol, REST; Triton's extensions for binary data, parameters and schedule policy.
struct InferenceDocument {
  struct Input {
    let name: String
    let datatype: InferenceDatatype
    let shape: Shape
    /// The tensor where it stands in the JSON; else its bytes follow.
    let data: Tensor?
    /// `inputs[0]`, for sentences.
    let field: String
  }

  var wishes = InferenceRequest.Wishes()
  let inputs: [Input]

  /// Where arrays of numbers are tensors: `inputs[i].data`.
  static let numberArrayDepth = 3
  static func isNumberArray(_ path: JSONPath) -> Bool {
    guard path.steps.count == numberArrayDepth, case .element = path.steps[1] else { return false }
    return path.steps[0] == .member("inputs") && path.steps[2] == .member("data")
  }

  /// - Parameters:
  ///   - arraysWithBooleans: where `true` and `false` stood among numbers.
  ///   - output: the name of the model's output.
  init(
    _ document: JSONValue, arraysWithBooleans: Set<JSONPath>, output: String, limits: TensorLimits
  ) throws(InferenceError) {
    guard case .object(let members) = document else { throw .notAnObject }
    var inputs: [Input]?
    var binaryByDefault = false
    // Clients that write all optional members write null for those that are absent.
    for member in members where !member.value.isNull {
      switch member.name {
      case "id":
        guard case .string(let id) = member.value else {
          throw .wrongValue(field: "id", value: member.value.excerpt, rule: "a string")
        }
        wishes.id = id
      case "parameters":
        for parameter in try InferenceDocument.parameters(member.value, "parameters") {
          let field = "parameters.\(parameter.name)"
          switch parameter.name {
          case "binary_data_output": binaryByDefault = try InferenceDocument.bool(parameter.value, field)
          case "timeout": wishes.timeoutMicroseconds = try InferenceDocument.count(parameter.value, field)
          case "priority": _ = try InferenceDocument.count(parameter.value, field)
          case "sequence_id", "sequence_start", "sequence_end":
            throw .unsupportedParameter(field: field, extension: "sequence")
          default: break
          }
        }
      case "inputs":
        guard case .array(let elements) = member.value else {
          throw .wrongValue(field: "inputs", value: member.value.excerpt, rule: "a list of inputs")
        }
        var read: [Input] = []
        for (index, element) in elements.enumerated() {
          let hasBooleans =
            !arraysWithBooleans.isEmpty
            && arraysWithBooleans.contains(JSONPath([.member("inputs"), .element(index), .member("data")]))
          read.append(try Input(element, field: "inputs[\(index)]", hasBooleans: hasBooleans, limits: limits))
        }
        inputs = read
      default: break
      }
    }
    guard let inputs else { throw .missing(field: "inputs") }
    self.inputs = inputs
    let outputs = members.first { $0.name == "outputs" }?.value ?? .null
    wishes.isBinary = try InferenceDocument.isBinary(outputs, byDefault: binaryByDefault, output: output)
  }

  /// Whether the one output is wanted as bytes.
  private static func isBinary(
    _ outputs: JSONValue, byDefault: Bool, output: String
  ) throws(InferenceError) -> Bool {
    if case .null = outputs { return byDefault }
    guard case .array(let elements) = outputs else {
      throw .wrongValue(field: "outputs", value: outputs.excerpt, rule: "a list of outputs")
    }
    var isBinary = byDefault
    var names: Set<String> = []
    for (index, element) in elements.enumerated() {
      let field = "outputs[\(index)]"
      guard case .object(let members) = element else {
        throw .wrongValue(field: field, value: element.excerpt, rule: "an object with a name")
      }
      guard let value = members.first(where: { $0.name == "name" })?.value else {
        throw .missing(field: "\(field).name")
      }
      guard case .string(let name) = value else {
        throw .wrongValue(field: "\(field).name", value: value.excerpt, rule: "a string")
      }
      guard name == output else { throw .unknownOutput(name: name, expected: output) }
      guard names.insert(name).inserted else { throw .duplicateOutput(name: name) }
      guard let value = members.first(where: { $0.name == "parameters" })?.value else { continue }
      for parameter in try parameters(value, "\(field).parameters") {
        let field = "\(field).parameters.\(parameter.name)"
        switch parameter.name {
        case "binary_data": isBinary = try bool(parameter.value, field)
        case "classification": throw .unsupportedParameter(field: field, extension: "classification")
        case "shared_memory_region", "shared_memory_byte_size", "shared_memory_offset":
          throw .unsupportedParameter(field: field, extension: "shared_memory")
        default: break
        }
      }
    }
    return isBinary
  }

  fileprivate static func parameters(_ value: JSONValue, _ field: @autoclosure () -> String) throws(InferenceError)
    -> [JSONValue.Member]
  {
    switch value {
    case .null: return []
    case .object(let members): return members.filter { !$0.value.isNull }
    default: throw .wrongValue(field: field(), value: value.excerpt, rule: "an object")
    }
  }

  private static func bool(_ value: JSONValue, _ field: String) throws(InferenceError) -> Bool {
    guard case .bool(let bool) = value else {
      throw .wrongValue(field: field, value: value.excerpt, rule: "true or false")
    }
    return bool
  }

  fileprivate static func count(_ value: JSONValue, _ field: String) throws(InferenceError) -> Int {
    // Clients also send numbers as strings, which Triton takes.
    let integer: Int? =
      switch value {
      case .number(let number): number.integer
      case .string(let string): Int(string)
      default: nil
      }
    guard let integer, integer >= 0 else {
      throw .wrongValue(field: field, value: value.excerpt, rule: "a whole number, 0 or more")
    }
    return integer
  }
}

extension InferenceDocument.Input {
  /// - Parameter hasBooleans: whether `true` or `false` stand among its data.
  init(
    _ value: JSONValue, field: String, hasBooleans: Bool, limits: TensorLimits
  ) throws(InferenceError) {
    guard case .object(let members) = value else {
      throw .wrongValue(field: field, value: value.excerpt, rule: "an object with name, datatype, shape and data")
    }
    var name: JSONValue?
    var datatype: JSONValue?
    var shape: JSONValue?
    var parameters: JSONValue?
    var data: JSONValue?
    for index in members.indices where !members[index].value.isNull {
      switch members[index].name {
      case "name": name = members[index].value
      case "datatype": datatype = members[index].value
      case "shape": shape = members[index].value
      case "parameters": parameters = members[index].value
      case "data": data = members[index].value
      default: break
      }
    }
    self.field = field
    guard let nameValue = name else { throw .missing(field: "\(field).name") }
    guard case .string(let name) = nameValue else {
      throw .wrongValue(field: "\(field).name", value: nameValue.excerpt, rule: "a string")
    }
    self.name = name
    guard let datatypeValue = datatype else { throw .missing(field: "\(field).datatype") }
    guard case .string(let text) = datatypeValue, let datatype = InferenceDatatype(text) else {
      throw .unknownDatatype(field: "\(field).datatype", value: datatypeValue.excerpt)
    }
    self.datatype = datatype
    guard let shapeValue = shape else { throw .missing(field: "\(field).shape") }
    self.shape = try Self.shape(shapeValue, field: "\(field).shape", limits: limits)

    var binaryBytes: Int?
    for parameter in try InferenceDocument.parameters(parameters ?? .null, "\(field).parameters") {
      let field = "\(field).parameters.\(parameter.name)"
      switch parameter.name {
      case "binary_data_size": binaryBytes = try InferenceDocument.count(parameter.value, field)
      case "shared_memory_region", "shared_memory_byte_size", "shared_memory_offset":
        throw .unsupportedParameter(field: field, extension: "shared_memory")
      default: break
      }
    }
    if let binaryBytes {
      guard data == nil else { throw .dataAndBinary(field: field) }
      // The shape is within limits, so its bytes can be counted.
      let expected = self.shape.elementCount * self.datatype.elementType.byteCount
      guard binaryBytes == expected else {
        throw .binarySize(
          field: "\(field).parameters.binary_data_size", declared: binaryBytes, expected: expected)
      }
      self.data = nil
    } else {
      self.data = try Self.tensor(
        data, shape: self.shape, datatype: self.datatype, hasBooleans: hasBooleans, field: "\(field).data")
    }
  }

  /// - Parameter field: made only for an error, as in what follows.
  private static func shape(
    _ value: JSONValue, field: @autoclosure () -> String, limits: TensorLimits
  ) throws(InferenceError) -> Shape {
    guard case .array(let elements) = value else {
      throw .wrongValue(field: field(), value: value.excerpt, rule: "a list of whole numbers")
    }
    var dimensions: [Int] = []
    dimensions.reserveCapacity(elements.count)
    for element in elements {
      guard case .number(let number) = element, let dimension = number.integer else {
        throw .wrongValue(field: field(), value: value.excerpt, rule: "a list of whole numbers")
      }
      dimensions.append(dimension)
    }
    do { return try Shape(dimensions, limits: limits) } catch { throw .shape(field: field(), error) }
  }

  private static func tensor(
    _ value: JSONValue?, shape: Shape, datatype: InferenceDatatype, hasBooleans: Bool, field: @autoclosure () -> String
  ) throws(InferenceError) -> Tensor {
    guard let value else { throw .dataMissing(field: String(field().dropLast(".data".count))) }
    guard case .numbers(let tensor) = value else {
      throw .wrongValue(field: field(), value: value.excerpt, rule: "a list of numbers, nested or flat")
    }
    guard datatype.hasJSON else { throw .datatypeWithoutJSON(field: field(), datatype: datatype.rawValue) }
    guard !hasBooleans || datatype == .bool else { throw .booleans(field: field(), datatype: datatype.rawValue) }
    guard tensor.shape.rank == 1 || tensor.shape == shape else {
      throw .dataNesting(field: field(), shape: shape.dimensions, found: tensor.shape.dimensions)
    }
    guard let tensor = tensor.reshaped(to: shape) else {
      throw .dataCount(field: field(), shape: shape.dimensions, found: tensor.shape.elementCount)
    }
    if let range = datatype.integers, let other = tensor.firstElement(thatIsNoIntegerOf: range) {
      throw .notOfDatatype(field: field(), value: other, datatype: datatype.rawValue)
    }
    return tensor
  }
}

extension Tensor {
  /// O(count).
  fileprivate func firstElement(thatIsNoIntegerOf range: ClosedRange<Double>) -> Float? {
    withElements { elements in
      elements.first { $0.rounded(.towardZero) != $0 || !range.contains(Double($0)) }
    }
  }
}
