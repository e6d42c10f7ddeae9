package import UpconvCompression

/// Why bytes are no ZIP archive that is read here. Offsets count from the start of the archive.
package enum ZipError: Error, Equatable, CustomStringConvertible {
  /// The kinds of records an archive consists of.
  package enum Record: String, Sendable {
    case localHeader = "local header"
    case dataDescriptor = "data descriptor"
    case centralHeader = "central directory header"
    case zip64EndRecord = "ZIP64 end record"
    case zip64EndLocator = "ZIP64 end locator"
  }

  /// The last 22 bytes are no end record: no archive, one that was cut, or one with a comment.
  case noEndRecord
  /// The archive is a part of a larger one.
  case multipleDisks
  /// A record does not begin with its signature.
  case missingRecord(Record, offset: Int)
  /// A record or its data reach past the end of what they stand in.
  case outOfBounds(Record, offset: Int)
  /// The end record and its ZIP64 twin contradict one another.
  case endRecordsDisagree
  /// The central directory does not end where the end record begins.
  case directoryMisplaced(end: Int, expectedEnd: Int)
  /// The end record declares more entries than are allowed.
  case tooManyEntries(count: UInt64, maxEntries: Int)
  /// The central directory is longer or shorter than its number of entries makes it.
  case entryCountMismatch(declared: Int)
  /// A name has bytes that are no UTF-8; what they mean is anybody's guess.
  case nameNotUTF8(offset: Int)
  /// Two entries have one name.
  case duplicateName(String)
  /// One of the three encryption flags is set.
  case encrypted(String)
  /// General purpose bits that change the meaning of the data in an unsupported way.
  case unsupportedFlags(String, flags: UInt16)
  /// A compression method other than stored and deflate.
  case unsupportedMethod(String, method: UInt16)
  /// The extra field has no clean ZIP64 part where sizes need one.
  case malformedExtraField(String)
  /// The local header contradicts the central directory, which is the one to believe.
  case localHeaderDisagrees(String, field: String)
  /// The sizes or CRC-32 after the data are not those of the central directory.
  case dataDescriptorDisagrees(String)
  /// An entry begins before the one before it ends.
  case overlappingEntries(String)
  /// Bytes that belong to no entry.
  case unclaimedBytes(offset: Int)
  /// The data are not as long as the central directory says.
  case sizeMismatch(String, declared: Int)
  /// The data decompress, but not to what was compressed.
  case wrongCRC(String)
  /// The data do not decompress.
  case corruptData(String, InflateError)

  /// A sentence that names what is wrong and the rule.
  package var description: String {
    switch self {
    case .noEndRecord:
      "the ZIP archive is cut, has a comment or is none: its last 22 bytes must be an end record"
    case .multipleDisks: "the ZIP archive is one part of several: only whole ones are read"
    case .missingRecord(let record, let offset):
      "the ZIP archive lacks a \(record.rawValue) at byte \(offset)"
    case .outOfBounds(let record, let offset):
      "the \(record.rawValue) at byte \(offset) of the ZIP archive, or its data, reach past their place"
    case .endRecordsDisagree: "the two end records of the ZIP archive contradict one another"
    case .directoryMisplaced(let end, let expectedEnd):
      "the central directory of the ZIP archive ends at byte \(end), but must end at byte \(expectedEnd)"
    case .tooManyEntries(let count, let maxEntries):
      "the ZIP archive has \(count) entries: at most \(maxEntries) are allowed"
    case .entryCountMismatch(let declared):
      "the central directory of the ZIP archive does not hold the \(declared) entries it declares"
    case .nameNotUTF8(let offset): "the name at byte \(offset) of the ZIP archive is not UTF-8"
    case .duplicateName(let name): "the ZIP archive has the entry \(quoted(name)) more than once"
    case .encrypted(let name): "the ZIP entry \(quoted(name)) is encrypted, which is not supported"
    case .unsupportedFlags(let name, let flags):
      "the ZIP entry \(quoted(name)) has the flags 0x\(String(flags, radix: 16)), which are not supported"
    case .unsupportedMethod(let name, let method):
      "the ZIP entry \(quoted(name)) is compressed by method \(method): only 0 (stored) and"
        + " 8 (deflate) are supported"
    case .malformedExtraField(let name): "the ZIP entry \(quoted(name)) has a malformed extra field"
    case .localHeaderDisagrees(let name, let field):
      "the local header of the ZIP entry \(quoted(name)) contradicts the central directory: \(field) differs"
    case .dataDescriptorDisagrees(let name):
      "the data descriptor of the ZIP entry \(quoted(name)) contradicts the central directory"
    case .overlappingEntries(let name): "the ZIP entry \(quoted(name)) overlaps another record"
    case .unclaimedBytes(let offset): "the ZIP archive has bytes at \(offset) that belong to no entry"
    case .sizeMismatch(let name, let declared):
      "the ZIP entry \(quoted(name)) does not hold the \(declared) bytes it declares"
    case .wrongCRC(let name): "the ZIP entry \(quoted(name)) does not match its CRC-32"
    case .corruptData(let name, let error): "the ZIP entry \(quoted(name)) does not decompress: \(error)"
    }
  }
}
