extension JSONValue {
  /// Reads a small document that is there as a whole, such as the value of an option.
  /// - Throws: what `JSONReader` throws.
  package static func parse(
    _ text: String, limits: JSONLimits, isNumberArray: @escaping @Sendable (JSONPath) -> Bool = { _ in false }
  ) throws(JSONError) -> JSONValue {
    var reader = JSONReader(limits: limits, isNumberArray: isNumberArray)
    try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(JSONError) in
      try reader.read(UnsafeRawBufferPointer(bytes))
    }
    return try reader.finish()
  }
}
