import UpconvJSON
import UpconvTensor

extension JSONValue {
  /// The member of that name; nil if this is no object, or has none.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  var isNull: Bool { if case .null = self { true } else { false } }

  var isObject: Bool { if case .object = self { true } else { false } }

  var string: String? { if case .string(let string) = self { string } else { nil } }

  var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

  var integer: Int? { if case .number(let number) = self { number.integer } else { nil } }

  /// The same value without the wrappers that Keras has for Python's types: tuples and shapes become arrays, NumPy's
  /// arrays and tensors become arrays or, if they have one element, numbers.
  var unwrapped: JSONValue {
    switch self {
    case .null, .bool, .number, .string, .numbers: return self
    case .array(let elements): return .array(elements.map(\.unwrapped))
    case .object(let members):
      // tf.keras 1.13 to 2.2: {"type": "ndarray", "value": 0.2}.
      if self["type"]?.string == "ndarray", let value = self["value"] ?? self["values"] { return value.element }
      switch self["class_name"]?.string {
      // tf.keras, {"class_name": "__tuple__", "items": [3]}.
      case "__tuple__", "TensorShape", "ListWrapper":
        if let items = self["items"], items.array != nil { return items.unwrapped }
      // Keras 3, {"class_name": "__numpy__", "config": {"value": 0.2, "dtype": "float32"}}.
      case "__numpy__", "__tensor__":
        if let value = self["config"]?["value"] { return value.element }
      default: break
      }
      return .object(members.map { JSONValue.Member(name: $0.name, value: $0.value.unwrapped) })
    }
  }

  /// The only element of an array, at any depth; the value itself otherwise.
  private var element: JSONValue {
    var value = self
    while let elements = value.array, elements.count == 1 { value = elements[0] }
    return value.array == nil ? value : self
  }

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
