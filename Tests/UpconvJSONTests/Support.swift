import Testing
import UpconvJSON
import UpconvTensor

/// What a reader makes of a document: the value as comparable text, or the error.
typealias Outcome = Result<String, JSONError>

/// Arrays named `data`, wherever they are.
@Sendable func isNamedData(_ path: JSONPath) -> Bool { path.steps.last == .member("data") }

/// Every array.
@Sendable func isAnyArray(_ path: JSONPath) -> Bool { true }

/// Feeds the document in pieces that end at these offsets, and at its end.
func read(
  _ document: [UInt8], cutAt cuts: [Int] = [], limits: JSONLimits = JSONLimits(),
  numbersAt isNumberArray: @escaping @Sendable (JSONPath) -> Bool = isNamedData,
  by instructions: DecimalInstructions = .current
) -> Outcome {
  do throws(JSONError) {
    return .success(
      text(
        of: try value(
          of: document, cutAt: cuts, limits: limits, numbersAt: isNumberArray, by: instructions)))
  } catch {
    return .failure(error)
  }
}

func value(
  of document: [UInt8], cutAt cuts: [Int] = [], limits: JSONLimits = JSONLimits(),
  numbersAt isNumberArray: @escaping @Sendable (JSONPath) -> Bool = isNamedData,
  by instructions: DecimalInstructions = .current
) throws(JSONError) -> JSONValue {
  var reader = JSONReader(limits: limits, isNumberArray: isNumberArray, by: instructions)
  var start = 0
  for end in cuts + [document.count] {
    // A copy of its own, so that reading past a piece would not find the next.
    let piece = Array(document[start..<end])
    try piece.withUnsafeBufferPointer { (bytes) throws(JSONError) in
      try reader.read(UnsafeRawBufferPointer(bytes))
    }
    start = end
  }
  return try reader.finish()
}

/// Reads the document whole, cut in two everywhere, and byte by byte; all must agree. So must all instruction sets
/// when blanks stand around it, since some want room to look ahead and back.
func readEveryWay(
  _ document: [UInt8], limits: JSONLimits = JSONLimits(),
  numbersAt isNumberArray: @escaping @Sendable (JSONPath) -> Bool = isNamedData,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Outcome {
  let whole = read(document, limits: limits, numbersAt: isNumberArray)
  for cut in 0...document.count {
    let split = read(document, cutAt: [cut], limits: limits, numbersAt: isNumberArray)
    if split != whole {
      Issue.record("cut at \(cut): \(split), whole: \(whole)", sourceLocation: sourceLocation)
    }
  }
  let single = read(document, cutAt: Array(0..<document.count), limits: limits, numbersAt: isNumberArray)
  #expect(single == whole, "byte by byte", sourceLocation: sourceLocation)
  expectAgreement(on: document, limits: limits, numbersAt: isNumberArray, sourceLocation: sourceLocation)
  return whole
}

/// Reads the document with blanks around it by every instruction set, and byte by byte.
func expectAgreement(
  on document: [UInt8], limits: JSONLimits = JSONLimits(),
  numbersAt isNumberArray: @escaping @Sendable (JSONPath) -> Bool = isNamedData,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let blanks = [UInt8](repeating: 0x20, count: 64)
  let padded = blanks + document + blanks
  let single = read(padded, cutAt: Array(0..<padded.count), limits: limits, numbersAt: isNumberArray)
  for instructions in DecimalInstructions.available {
    let whole = read(padded, limits: limits, numbersAt: isNumberArray, by: instructions)
    if whole != single {
      Issue.record("\(instructions): \(whole), byte by byte: \(single)", sourceLocation: sourceLocation)
    }
  }
}

func readEveryWay(
  _ document: String, limits: JSONLimits = JSONLimits(),
  numbersAt isNumberArray: @escaping @Sendable (JSONPath) -> Bool = isNamedData,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Outcome {
  readEveryWay(
    Array(document.utf8), limits: limits, numbersAt: isNumberArray, sourceLocation: sourceLocation)
}

/// The value in a notation that keeps apart whatever JSONValue keeps apart; floats by their bits.
func text(of value: JSONValue) -> String {
  switch value {
  case .null: "null"
  case .bool(let bool): "\(bool)"
  case .number(let number): "\(number.text)=\(number.double)"
  case .string(let string): "'\(string)'"
  case .array(let elements): "[" + elements.map(text(of:)).joined(separator: " ") + "]"
  case .object(let members):
    "{" + members.map { "\($0.name):\(text(of: $0.value))" }.joined(separator: " ") + "}"
  case .numbers(let tensor):
    "\(tensor.shape)<" + tensor.elements.map { String($0.bitPattern, radix: 16) }.joined(separator: " ") + ">"
  }
}

/// The tensor of a document that is one array of numbers.
func tensor(
  _ document: [UInt8], cutAt cuts: [Int] = [], limits: JSONLimits = JSONLimits(),
  by instructions: DecimalInstructions = .current
) throws -> Tensor {
  let value = try value(of: document, cutAt: cuts, limits: limits, numbersAt: isAnyArray, by: instructions)
  guard case .numbers(let tensor) = value else { throw NoTensor() }
  return tensor
}

struct NoTensor: Error {}
