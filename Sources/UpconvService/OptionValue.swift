import UpconvJSON

/// Reads one option's value, with the sentence that says what is wrong with it.
struct OptionValue {
  let field: String
  let value: JSONValue

  /// The value as it may stand in a sentence.
  var text: String { value.excerpt }

  func string(_ rule: String) throws(OperationError) -> String {
    guard case .string(let string) = value else { throw .wrongValue(field: field, value: text, rule: rule) }
    return string
  }

  /// One of `names`, whatever the case of its letters.
  func name(among names: [String]) throws(OperationError) -> String {
    let string = try string("one of \(names.joined(separator: ", "))")
    guard let name = names.first(where: { $0.lowercased() == string.lowercased() }) else {
      throw .unknownName(
        field: field, value: text, accepted: names, nearest: NearestName.of(string, among: names))
    }
    return name
  }

  func integer(_ rule: String) throws(OperationError) -> Int {
    guard case .number(let number) = value, let integer = number.integer else {
      throw .wrongValue(field: field, value: text, rule: rule)
    }
    return integer
  }

  func bool() throws(OperationError) -> Bool {
    guard case .bool(let bool) = value else {
      throw .wrongValue(field: field, value: text, rule: "true or false")
    }
    return bool
  }

  func integers(_ rule: String) throws(OperationError) -> [Int] {
    guard case .array(let elements) = value else { throw .wrongValue(field: field, value: text, rule: rule) }
    var integers: [Int] = []
    for element in elements {
      guard case .number(let number) = element, let integer = number.integer else {
        throw .wrongValue(field: field, value: text, rule: rule)
      }
      integers.append(integer)
    }
    return integers
  }

  /// Pairs of integers.
  func pairs(_ rule: String) throws(OperationError) -> [(Int, Int)] {
    guard case .array(let elements) = value else { throw .wrongValue(field: field, value: text, rule: rule) }
    var pairs: [(Int, Int)] = []
    for element in elements {
      guard let integers = try? OptionValue(field: field, value: element).integers(rule), integers.count == 2 else {
        throw .wrongValue(field: field, value: text, rule: rule)
      }
      pairs.append((integers[0], integers[1]))
    }
    return pairs
  }
}

extension JSONValue {
  /// The value as JSON, cut short: for a sentence, not for a machine.
  var excerpt: String { text.cutShort() }

  private var text: String {
    switch self {
    case .null: "null"
    case .bool(let bool): bool ? "true" : "false"
    case .number(let number): number.text
    case .string(let string): "\"\(string)\""
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
    case .object: "an object"
    case .numbers: "an array of numbers"
    }
  }
}
