import UpconvJSON
import UpconvTensor

extension JSONValue {
  /// The member of that name; nil where this is no object, or has none.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  var isNull: Bool { if case .null = self { true } else { false } }

  var string: String? { if case .string(let string) = self { string } else { nil } }

  var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

  var integer: Int? { if case .number(let number) = self { number.integer } else { nil } }

  /// As it was written, more or less, cut short for a sentence.
  var excerpt: String {
    let text =
      switch self {
      case .null: "null"
      case .bool(let bool): "\(bool)"
      case .number(let number): number.text
      case .string(let string): "\"\(string)\""
      case .array(let elements): "[" + elements.prefix(20).map(\.excerpt).joined(separator: ",") + "]"
      case .object(let members):
        "{" + members.prefix(5).map { "\"\($0.name)\":\($0.value.excerpt)" }.joined(separator: ",") + "}"
      case .numbers(let tensor): "numbers of the shape \(tensor.shape)"
      }
    let scalars = text.unicodeScalars
    return scalars.count > 100 ? String(scalars.prefix(100)) + "..." : text
  }
}
