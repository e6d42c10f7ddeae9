package import UpconvTensor

/// What the header of a .npy file says about the data after it.
/// - Source: numpy.lib.format, "Format Version 1.0", "2.0" and "3.0".
package struct NpyHeader: Sendable, Equatable {
  /// Bytes of a header at most, as numpy's own reader has it (`max_header_size`).
  package static let maxBytes = 10_000
  /// 0x93 'NUMPY'.
  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// Type and byte order of the elements, from `descr`.
  package let elementType: ElementType
  /// Of elements of more than one byte.
  package let byteOrder: ByteOrder
  /// Whether the first axis is the fastest.
  package let isFortranOrder: Bool
  /// Lengths of the axes, not checked against any limit yet; empty for a single element.
  package let dimensions: [Int]

  /// Reads a header's text, without the magic bytes, version and length before it.
  /// - Throws: the `NpyError` of what is wrong with it.
  package init(text: [UInt8]) throws(NpyError) {
    var parser = NpyHeaderParser(text)
    let fields = try parser.parse()
    (elementType, byteOrder) = try NpyHeader.element(descr: fields.descr)
    isFortranOrder = fields.isFortranOrder
    dimensions = fields.dimensions
  }

  /// The type behind a descr such as `<f4`: byte order, kind and bytes an element.
  private static func element(descr: String) throws(NpyError) -> (ElementType, ByteOrder) {
    var code = Substring(descr)
    let order = code.first.flatMap { "<>=|".contains($0) ? $0 : nil }
    if order != nil { code.removeFirst() }
    // numpy stores dtype object as a pickle, and unpickling runs code from the file.
    guard code.first != "O" else { throw .pickledObjects(descr: descr) }
    let type: ElementType
    switch code {
    case "f2": type = .float16
    case "f4": type = .float32
    case "f8": type = .float64
    case "i1": type = .int8
    case "i2": type = .int16
    case "i4": type = .int32
    case "i8": type = .int64
    case "u1": type = .uint8
    case "u2": type = .uint16
    case "u4": type = .uint32
    case "u8": type = .uint64
    case "b1", "?": type = .bool
    default: throw .unsupportedElementType(descr: descr)
    }
    // `|` says that there is no order, which holds for single bytes only.
    guard order != "|" || type.byteCount == 1 else { throw .unsupportedElementType(descr: descr) }
    return (type, order == ">" ? .big : .little)
  }

  /// What stands before the data of a row-major float32 tensor of this shape: magic bytes, version 1.0,
  /// length and header, a multiple of 64 bytes in all. O(rank).
  package static func bytes(shape: Shape) -> [UInt8] {
    let lengths = shape.dimensions.map(String.init).joined(separator: ", ")
    let tuple = shape.rank == 1 ? "(\(lengths),)" : "(\(lengths))"
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': \(tuple), }"
    // Version 1.0 counts the header in 16 bits; a rank of thousands needs version 2.0.
    let isLong = text.utf8.count > Int(UInt16.max) - 64
    let prefixBytes = magic.count + 2 + (isLong ? 4 : 2)
    let padding = 63 - (prefixBytes + text.utf8.count) % 64
    let headerBytes = text.utf8.count + padding + 1
    var bytes = magic + [isLong ? 2 : 1, 0]
    for byte in 0..<(isLong ? 4 : 2) { bytes.append(UInt8(truncatingIfNeeded: headerBytes >> (8 * byte))) }
    bytes += text.utf8
    bytes += repeatElement(UInt8(ascii: " "), count: padding)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}
