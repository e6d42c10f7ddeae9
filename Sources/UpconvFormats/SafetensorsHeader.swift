import UpconvJSON
package import UpconvTensor

/// What the header of a safetensors file says of the data after it, checked against every rule that needs no
/// data.
/// - Source: github.com/huggingface/safetensors, README "Format" and the checks of its `tensor.rs`.
package struct SafetensorsHeader: Sendable {
  /// One tensor: its name, and what its bytes are.
  struct Entry {
    let name: String
    let type: ElementType
    let shape: Shape
    /// Bytes of the data, which begin where those of the entry before end.
    let byteCount: Int
  }

  /// In the order of their data, which is not that of the JSON. Without holes or overlaps.
  let entries: [Entry]
  /// In the order of the JSON.
  let metadata: [(name: String, value: String)]

  /// The name under which a header has strings in place of a tensor.
  static let metadataName = "__metadata__"
  /// The dtypes that are read, by the names the format gives them.
  static let elementTypes: [(name: String, type: ElementType)] = [
    ("F32", .float32), ("F16", .float16), ("BF16", .bfloat16), ("F64", .float64), ("I8", .int8),
    ("U8", .uint8),
    ("I16", .int16), ("U16", .uint16), ("I32", .int32), ("U32", .uint32), ("I64", .int64), ("U64", .uint64),
    ("BOOL", .bool),
  ]

  /// Reads the JSON of a header. O(tensors · log tensors).
  /// - Throws: the `SafetensorsError` of what is wrong with it.
  init(_ json: JSONValue, limits: FormatLimits) throws(SafetensorsError) {
    // The reader looked at the first byte: it is an object.
    guard case .object(let members) = json else { throw .emptyHeader }
    var metadata: [(name: String, value: String)] = []
    var described: [(entry: Entry, begin: Int, end: Int)] = []
    let tensorCount = members.count { $0.name != SafetensorsHeader.metadataName }
    guard tensorCount <= limits.maxEntries else {
      throw .tooManyTensors(count: tensorCount, maxTensors: limits.maxEntries)
    }
    for member in members {
      if member.name == SafetensorsHeader.metadataName {
        metadata = try SafetensorsHeader.metadata(member.value)
      } else {
        described.append(try SafetensorsHeader.entry(member, limits: limits))
      }
    }

    // Empty tensors stand before the one that begins at the same place.
    described.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
    var position = 0
    for (entry, begin, end) in described {
      guard begin == position else {
        throw .offsetsNotContiguous(tensor: entry.name, begin: begin, expectedBegin: position)
      }
      position = end
    }
    entries = described.map(\.entry)
    self.metadata = metadata
  }

  private static func metadata(_ value: JSONValue) throws(SafetensorsError) -> [(name: String, value: String)] {
    if value.isNull { return [] }
    guard case .object(let members) = value else { throw .metadataNotStrings(name: nil) }
    var strings: [(name: String, value: String)] = []
    for member in members {
      guard case .string(let string) = member.value else { throw .metadataNotStrings(name: member.name) }
      strings.append((member.name, string))
    }
    return strings
  }

  private static func entry(
    _ member: JSONValue.Member, limits: FormatLimits
  ) throws(SafetensorsError) -> (entry: Entry, begin: Int, end: Int) {
    let name = member.name
    guard case .object(let fields) = member.value else { throw .tensorNotAnObject(tensor: name) }
    var dtype: String?
    var dimensions: [Int]?
    var offsets: [Int]?
    for field in fields {
      switch field.name {
      case "dtype":
        guard case .string(let string) = field.value else {
          throw .wrongField(tensor: name, field: field.name, expected: "a string")
        }
        dtype = string
      case "shape": dimensions = try integers(field, tensor: name)
      case "data_offsets":
        let pair = try integers(field, tensor: name)
        guard pair.count == 2 else {
          throw .wrongField(tensor: name, field: field.name, expected: "two integers of 0 or more")
        }
        offsets = pair
      default: throw .unknownField(tensor: name, field: field.name)
      }
    }
    guard let dtype else { throw .missingField(tensor: name, field: "dtype") }
    guard let dimensions else { throw .missingField(tensor: name, field: "shape") }
    guard let offsets else { throw .missingField(tensor: name, field: "data_offsets") }
    guard let type = elementTypes.first(where: { $0.name == dtype })?.type else {
      throw .unsupportedElementType(tensor: name, dtype: dtype)
    }
    let shape: Shape
    let byteCount: Int
    do throws(ShapeError) {
      shape = try Shape(dimensions, limits: limits.tensor)
      byteCount = try ElementSink.byteCount(of: shape, as: type)
    } catch {
      throw .shape(tensor: name, error)
    }
    let (begin, end) = (offsets[0], offsets[1])
    guard begin <= end else { throw .offsetsReversed(tensor: name, begin: begin, end: end) }
    // Both are 0 or more, so their difference cannot overflow.
    guard end - begin == byteCount else {
      throw .sizeMismatch(tensor: name, expectedBytes: byteCount, declaredBytes: end - begin)
    }
    return (Entry(name: name, type: type, shape: shape, byteCount: byteCount), begin, end)
  }

  /// Numbers of 0 or more written in digits alone. Their text is read, not their double: offsets above 2^53
  /// must not be rounded.
  private static func integers(
    _ field: JSONValue.Member, tensor: String
  ) throws(SafetensorsError) -> [Int] {
    let error = SafetensorsError.wrongField(
      tensor: tensor, field: field.name, expected: "an array of integers of 0 or more")
    guard case .array(let values) = field.value else { throw error }
    var integers: [Int] = []
    for value in values {
      guard case .number(let number) = value, number.text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
        let integer = Int(number.text)
      else { throw error }
      integers.append(integer)
    }
    return integers
  }

  /// What stands before the data of one row-major float32 tensor that is in memory, alone in its file: the
  /// header's length and the header, padded with spaces to a multiple of 8 bytes, so that the data are
  /// aligned. O(name, rank).
  /// - Throws: `.reservedName` for `__metadata__`.
  package static func bytes(name: String, shape: Shape) throws(SafetensorsError) -> [UInt8] {
    guard name != metadataName else { throw .reservedName }
    let byteCount = shape.elementCount * MemoryLayout<Float>.size
    var json = [UInt8(ascii: "{")]
    JSONText.append(name, to: &json)
    json += ":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[0,\(byteCount)]}}".utf8
    while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(json.count).littleEndian, Array.init) + json
  }
}
