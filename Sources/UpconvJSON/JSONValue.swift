package import UpconvTensor

/// A JSON document in memory, in which large arrays of numbers are tensors instead of trees.
package enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  /// Members in order; the reader refuses duplicate names.
  case object([Member])
  /// An array of numbers, nested or flat, at a place where the reader was told to expect one. Its shape is that
  /// of the nesting.
  case numbers(Tensor)

  /// Whether it is `null`, which stands for an optional member that is absent.
  package var isNull: Bool { if case .null = self { true } else { false } }

  package struct Member: Sendable {
    package let name: String
    package let value: JSONValue

    package init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }
}

/// A JSON number as it was written, and as the nearest double.
package struct JSONNumber: Sendable, Hashable {
  package let text: String
  package let double: Double

  package init(text: String, double: Double) {
    self.text = text
    self.double = double
  }

  /// The number as an integer where it is one exactly: `2`, `2.0` and `2e0` are 2.
  package var integer: Int? { Int(text) ?? Int(exactly: double) }
}
