import UpconvCompression

/// Writes ZIP archives of which any field can be made wrong.
struct TestZip {
  /// One entry; every field is right until a test changes it.
  struct Entry {
    var name: [UInt8]
    var flags = 0
    var method = 0
    var crc: UInt32
    var compressedSize: Int
    var size: Int
    var stored: [UInt8]
    /// What the local header has otherwise than the central one.
    var localName: [UInt8]?
    var localFlags: Int?
    var localMethod: Int?
    var localCRC: UInt32?
    var localCompressedSize: Int?
    var localSize: Int?
    var localSignature: [UInt8] = [0x50, 0x4B, 3, 4]
    var localExtra: [UInt8] = []
    var centralSignature: [UInt8] = [0x50, 0x4B, 1, 2]
    var centralExtra: [UInt8] = []
    var comment: [UInt8] = []
    var disk = 0
    /// The local header's place as the directory has it, where it is not the true one.
    var offset: Int?
    /// Bytes before the local header, and after the data.
    var before: [UInt8] = []
    var after: [UInt8] = []

    init(_ name: String, _ data: [UInt8], deflated: Bool = false) {
      var check = CRC32()
      data.withUnsafeBytes { check.update($0) }
      // gzip without its header of 10 bytes and its trailer of 8 is raw deflate.
      stored = deflated ? Array(Deflater.gzip(data).dropFirst(10).dropLast(8)) : data
      self.name = Array(name.utf8)
      method = deflated ? 8 : 0
      crc = check.value
      compressedSize = stored.count
      size = data.count
    }
  }

  var entries: [Entry]
  /// Bytes between the last entry and the directory, and after the directory.
  var beforeDirectory: [UInt8] = []
  var afterDirectory: [UInt8] = []
  var isZip64 = false
  /// Changes the fields of the ZIP64 record: disk, directory disk, entries here, entries, size, offset.
  var zip64: (inout [Int]) -> Void = { _ in }
  /// Changes the fields of the end record: disk, directory disk, entries here, entries, size, offset,
  /// comment.
  var end: (inout [Int]) -> Void = { _ in }
  /// Changes the fields of the locator: disk, offset, disks.
  var locator: (inout [Int]) -> Void = { _ in }
  var zip64Signature: [UInt8] = [0x50, 0x4B, 6, 6]
  var zip64Size = 44
  var comment: [UInt8] = []

  init(_ entries: [Entry]) { self.entries = entries }

  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      file += entry.before
      let offset = entry.offset ?? file.count
      let localName = entry.localName ?? entry.name
      file += entry.localSignature + [20, 0] + littleEndian([entry.localFlags ?? entry.flags], 2)
      file += littleEndian([entry.localMethod ?? entry.method], 2) + [0, 0, 0, 0]
      file += littleEndian([entry.localCRC ?? entry.crc], 4)
      file += littleEndian(
        [entry.localCompressedSize ?? entry.compressedSize, entry.localSize ?? entry.size], 4)
      file += littleEndian([localName.count, entry.localExtra.count], 2) + localName + entry.localExtra
      file += entry.stored + entry.after
      directory += entry.centralSignature + [20, 3, 20, 0] + littleEndian([entry.flags, entry.method], 2)
      directory +=
        [0, 0, 0, 0] + littleEndian([entry.crc], 4) + littleEndian([entry.compressedSize, entry.size], 4)
      directory += littleEndian(
        [entry.name.count, entry.centralExtra.count, entry.comment.count, entry.disk], 2)
      directory +=
        [0, 0, 0, 0, 0, 0] + littleEndian([offset], 4) + entry.name + entry.centralExtra + entry.comment
    }
    file += beforeDirectory
    let start = file.count
    file += directory + afterDirectory
    if isZip64 {
      let recordStart = file.count
      var fields = [0, 0, entries.count, entries.count, directory.count, start]
      zip64(&fields)
      file += zip64Signature + littleEndian([zip64Size], 8) + [45, 3, 45, 0] + littleEndian(fields[0...1], 4)
      file += littleEndian(fields[2...], 8)
      var place = [0, recordStart, 1]
      locator(&place)
      file += [0x50, 0x4B, 6, 7] + littleEndian([place[0]], 4) + littleEndian([place[1]], 8)
      file += littleEndian([place[2]], 4)
    }
    var fields = [0, 0, entries.count, entries.count, directory.count, start, comment.count]
    if isZip64 { fields = [0, 0, 0xFFFF, 0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF, comment.count] }
    end(&fields)
    file += [0x50, 0x4B, 5, 6] + littleEndian(fields[0...3], 2) + littleEndian(fields[4...5], 4)
    return file + littleEndian([fields[6]], 2) + comment
  }
}
