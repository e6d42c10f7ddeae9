/// Reads the fields of one ZIP record, one after the other, and never past the end of the record's place.
struct ZipCursor {
  private let bytes: [UInt8]
  private let record: ZipError.Record
  private let start: Int
  private let end: Int
  /// Where the next field is.
  private(set) var offset: Int

  /// - Parameters:
  ///   - offset: where the record begins.
  ///   - end: where the space ends in which it stands.
  init(_ bytes: [UInt8], _ record: ZipError.Record, at offset: Int, end: Int) {
    self.bytes = bytes
    self.record = record
    self.start = offset
    self.offset = offset
    self.end = min(end, bytes.count)
  }

  /// The next little-endian number.
  /// - Throws: `.outOfBounds`.
  mutating func next<Number: FixedWidthInteger>(_: Number.Type) throws(ZipError) -> Number {
    let range = try nextRange(Number.bitWidth / 8)
    return bytes[range].reversed().reduce(0) { $0 << 8 | Number($1) }
  }

  /// The place of the next `count` bytes.
  /// - Throws: `.outOfBounds`.
  mutating func nextRange(_ count: Int) throws(ZipError) -> Range<Int> {
    guard offset >= 0, offset <= end, count <= end - offset else { throw .outOfBounds(record, offset: start) }
    defer { offset += count }
    return offset..<offset + count
  }

  /// Takes the record's signature.
  /// - Throws: `.missingRecord` where it is another, `.outOfBounds`.
  mutating func expectSignature(_ signature: UInt32) throws(ZipError) {
    guard try next(UInt32.self) == signature else { throw .missingRecord(record, offset: start) }
  }
}

/// The ZIP64 part of an extra field: each value stands in it only if the record's own field is all ones.
struct Zip64ExtraField {
  /// nil if it was not asked for, like the others.
  private(set) var uncompressedSize: UInt64?
  /// Bytes of the data as they are stored.
  private(set) var compressedSize: UInt64?
  /// Where the entry begins.
  private(set) var localHeaderOffset: UInt64?

  /// Finds the part with id 1 in an extra field and reads from it those values that are wanted.
  /// - Throws: `.malformedExtraField` where parts overrun the field, the part is missing, doubled, or too
  ///   short.
  /// - Source: APPNOTE.TXT 4.5.3.
  init(
    _ bytes: [UInt8], _ range: Range<Int>, name: String, wantsUncompressedSize: Bool,
    wantsCompressedSize: Bool,
    wantsLocalHeaderOffset: Bool
  ) throws(ZipError) {
    var part: Range<Int>?
    var offset = range.lowerBound
    while offset < range.upperBound {
      guard range.upperBound - offset >= 4 else { throw .malformedExtraField(name) }
      let id = UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
      let count = Int(bytes[offset + 2]) | Int(bytes[offset + 3]) << 8
      offset += 4
      guard count <= range.upperBound - offset else { throw .malformedExtraField(name) }
      if id == 1 {
        guard part == nil else { throw .malformedExtraField(name) }
        part = offset..<offset + count
      }
      offset += count
    }
    var cursor = ZipCursor(bytes, .centralHeader, at: part?.lowerBound ?? 0, end: part?.upperBound ?? 0)
    do {
      if wantsUncompressedSize { uncompressedSize = try cursor.next(UInt64.self) }
      if wantsCompressedSize { compressedSize = try cursor.next(UInt64.self) }
      if wantsLocalHeaderOffset { localHeaderOffset = try cursor.next(UInt64.self) }
    } catch {
      throw .malformedExtraField(name)
    }
  }
}
