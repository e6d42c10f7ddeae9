import UpconvJSON
import UpconvTensor

/// The reader makes the same tree, the same floats to the bit, or the same error, however the bytes come, whichever
/// instructions read the numbers; and floats that are written again are read as the same.
func fuzzJSONReader(_ input: [UInt8]) {
  let areas: [@Sendable (JSONPath) -> Bool] = [
    { $0.steps.last == .member("data") }, { !$0.steps.isEmpty }, { _ in true },
  ]
  for area in areas {
    let whole = outcome([input[...]], area, .current)
    for pieces in Cuts.ways(of: input) {
      expectEqual(outcome(pieces, area, .current), whole, "pieces \(pieces.map(\.count))")
    }
    for instructions in DecimalInstructions.available where instructions != .current {
      expectEqual(outcome([input[...]], area, instructions), whole, "\(instructions)")
    }
  }
}

private let limits = JSONLimits(
  maxDepth: 16, maxTreeBytes: 4096, maxNumberBytes: 256, tensor: TensorLimits(maxElements: 4096, maxRank: 6))

private enum Outcome: Equatable {
  case value(String)
  case failure(JSONError)
}

private func outcome(
  _ pieces: [ArraySlice<UInt8>], _ area: @escaping @Sendable (JSONPath) -> Bool, _ instructions: DecimalInstructions
) -> Outcome {
  do throws(JSONError) {
    var reader = JSONReader(limits: limits, isNumberArray: area, by: instructions)
    for piece in pieces {
      try Cuts.withMemory(piece) { (bytes) throws(JSONError) in try reader.read(bytes) }
    }
    return .value(text(of: try reader.finish()))
  } catch {
    // Every error has a sentence.
    _ = error.description
    return .failure(error)
  }
}

/// A notation that keeps apart whatever `JSONValue` keeps apart.
private func text(of value: JSONValue) -> String {
  switch value {
  case .null: "null"
  case .bool(let bool): "\(bool)"
  case .number(let number): "\(number.text)=\(number.double.bitPattern)"
  case .string(let string): "\(Array(string.utf8))"
  case .array(let elements): "[" + elements.map(text(of:)).joined(separator: " ") + "]"
  case .object(let members):
    "{" + members.map { "\(Array($0.name.utf8)):\(text(of: $0.value))" }.joined(separator: " ") + "}"
  case .numbers(let tensor): "\(tensor.shape)<\(tensor.elements.map(\.bitPattern))>"
  }
}
