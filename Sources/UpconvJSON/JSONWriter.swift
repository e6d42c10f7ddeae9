/// Writes a JSON document value by value; commas and colons come by themselves.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.object { writer in
///   writer.member("name", "gist")
///   writer.member("versions") { $0.array { $0.value("1") } }
/// }
/// ```
package struct JSONWriter: Sendable {
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  package init() {}

  package mutating func object(_ members: (inout JSONWriter) -> Void) { container("{", "}", members) }

  package mutating func array(_ elements: (inout JSONWriter) -> Void) { container("[", "]", elements) }

  /// A member of the object at hand.
  package mutating func member(_ name: String, _ value: (inout JSONWriter) -> Void) {
    separate()
    JSONText.append(name, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
    value(&self)
    needsComma = true
  }

  package mutating func member(_ name: String, _ value: String) { member(name) { $0.value(value) } }
  package mutating func member(_ name: String, _ value: Int) { member(name) { $0.value(value) } }
  package mutating func member(_ name: String, _ value: Bool) { member(name) { $0.value(value) } }
  package mutating func member(_ name: String, _ values: [Int]) {
    member(name) { $0.array { writer in for value in values { writer.value(value) } } }
  }
  package mutating func member(_ name: String, _ values: [String]) {
    member(name) { $0.array { writer in for value in values { writer.value(value) } } }
  }

  package mutating func value(_ string: String) {
    separate()
    JSONText.append(string, to: &bytes)
  }

  package mutating func value(_ integer: Int) {
    separate()
    JSONText.append(integer, to: &bytes)
  }

  package mutating func value(_ bool: Bool) {
    separate()
    bytes += (bool ? "true" : "false").utf8
  }

  package mutating func null() {
    separate()
    bytes += "null".utf8
  }

  /// A value that was read, written again; numbers keep their text.
  package mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .bool(let bool): self.value(bool)
    case .number(let number):
      separate()
      bytes += number.text.utf8
    case .string(let string): self.value(string)
    case .array(let elements): array { writer in for element in elements { writer.value(element) } }
    case .object(let members):
      object { writer in for member in members { writer.member(member.name) { $0.value(member.value) } } }
    case .numbers(let tensor):
      separate()
      var encoder = JSONTensorEncoder(tensor: tensor, nested: true)
      while encoder.append(to: &bytes, upTo: 1 << 16) {}
    }
  }

  private mutating func container(_ opening: String, _ closing: String, _ content: (inout JSONWriter) -> Void) {
    separate()
    bytes += opening.utf8
    needsComma = false
    content(&self)
    bytes += closing.utf8
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }
}
