/// The fields of a head or a trailer section, in order, duplicates kept (RFC 9110 §5.3).
///
/// A flat array, not a dictionary: heads are short, and no choice of names can make look-ups slow.
package struct HTTPFields: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    /// In lower case.
    package let name: String
    /// Without the white space around it.
    package let value: String
  }

  package private(set) var fields: [Field] = []

  package init() {}

  /// Appends a field. `name` must be a lower-case token and `value` free of CR, LF and NUL: the parser checks
  /// what it read, and the encoder checks again what is about to be sent.
  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// All values of `name` (in lower case), in order.
  package func values(of name: String) -> [String] {
    fields.lazy.filter { $0.name == name }.map(\.value)
  }

  /// The first value of `name`.
  package func first(_ name: String) -> String? {
    fields.first { $0.name == name }?.value
  }

  /// How many lines carry `name`.
  package func count(of name: String) -> Int {
    fields.count { $0.name == name }
  }
}
