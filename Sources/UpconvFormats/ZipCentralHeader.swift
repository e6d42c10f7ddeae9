/// What the central directory says of one entry, and the checks of the local header against it.
struct ZipCentralHeader {
  /// The entry's name.
  let name: String
  /// Method 8; else 0.
  let isDeflated: Bool
  /// CRC-32 of the decompressed data.
  let crc: UInt32
  /// Bytes of the data as they are stored.
  let compressedBytes: Int
  /// Bytes of the data when decompressed.
  let uncompressedBytes: Int
  /// Where the entry begins.
  let localHeaderOffset: Int
  /// Bytes of this header in the directory.
  let byteCount: Int
  private let flags: UInt16
  private let rawName: Range<Int>

  /// Sizes stand after the data, not in the local header.
  private static let dataDescriptorFlag: UInt16 = 1 << 3
  /// Traditional encryption, strong encryption, encrypted directory.
  private static let encryptionFlags: UInt16 = 1 << 0 | 1 << 6 | 1 << 13
  /// Those that do not change how data are read: two hints on the compression, the descriptor, UTF-8 names.
  private static let supportedFlags: UInt16 = 1 << 1 | 1 << 2 | dataDescriptorFlag | 1 << 11

  /// Reads the header at `offset` of a directory that ends at `end`.
  /// - Source: APPNOTE.TXT 4.3.12, 4.4.
  init(_ bytes: [UInt8], at offset: Int, end: Int) throws(ZipError) {
    var cursor = ZipCursor(bytes, .centralHeader, at: offset, end: end)
    try cursor.expectSignature(0x0201_4B50)
    _ = try cursor.nextRange(4)  // versions: what matters of them are flags and method
    flags = try cursor.next(UInt16.self)
    let method = try cursor.next(UInt16.self)
    _ = try cursor.nextRange(4)  // time and date
    crc = try cursor.next(UInt32.self)
    let compressed = try cursor.next(UInt32.self)
    let uncompressed = try cursor.next(UInt32.self)
    let nameBytes = Int(try cursor.next(UInt16.self))
    let extraBytes = Int(try cursor.next(UInt16.self))
    let commentBytes = Int(try cursor.next(UInt16.self))
    let disk = try cursor.next(UInt16.self)
    _ = try cursor.nextRange(6)  // attributes
    let local = try cursor.next(UInt32.self)
    rawName = try cursor.nextRange(nameBytes)
    let extra = try cursor.nextRange(extraBytes)
    _ = try cursor.nextRange(commentBytes)  // of one entry: never shown, never searched
    byteCount = cursor.offset - offset

    guard let name = String(validating: bytes[rawName], as: UTF8.self) else {
      throw .nameNotUTF8(offset: rawName.lowerBound)
    }
    self.name = name
    guard disk == 0 else { throw .multipleDisks }
    guard flags & ZipCentralHeader.encryptionFlags == 0 else { throw .encrypted(name) }
    guard flags & ~ZipCentralHeader.supportedFlags == 0 else { throw .unsupportedFlags(name, flags: flags) }
    guard method == 0 || method == 8 else { throw .unsupportedMethod(name, method: method) }
    isDeflated = method == 8

    let zip64 = try Zip64ExtraField(
      bytes, extra, name: name, wantsUncompressedSize: uncompressed == .max,
      wantsCompressedSize: compressed == .max, wantsLocalHeaderOffset: local == .max)
    guard let compressedBytes = Int(exactly: zip64.compressedSize ?? UInt64(compressed)),
      let uncompressedBytes = Int(exactly: zip64.uncompressedSize ?? UInt64(uncompressed)),
      let localHeaderOffset = Int(exactly: zip64.localHeaderOffset ?? UInt64(local))
    else { throw .outOfBounds(.localHeader, offset: offset) }
    self.compressedBytes = compressedBytes
    self.uncompressedBytes = uncompressedBytes
    self.localHeaderOffset = localHeaderOffset
    guard isDeflated || compressedBytes == uncompressedBytes else {
      throw .sizeMismatch(name, declared: uncompressedBytes)
    }
  }

  /// Checks the local header, and the data descriptor where there is one.
  ///
  /// - Parameters:
  ///   - next: where the next entry, or the directory, begins.
  ///   - end: where the directory begins.
  /// - Returns: where the data are, and where the entry ends.
  /// - Source: APPNOTE.TXT 4.3.7, 4.3.9.
  func locateData(in bytes: [UInt8], next: Int, end: Int) throws(ZipError) -> (data: Range<Int>, end: Int) {
    var cursor = ZipCursor(bytes, .localHeader, at: localHeaderOffset, end: end)
    try cursor.expectSignature(0x0403_4B50)
    _ = try cursor.nextRange(2)  // version
    let localFlags = try cursor.next(UInt16.self)
    let method = try cursor.next(UInt16.self)
    _ = try cursor.nextRange(4)  // time and date
    let localCRC = try cursor.next(UInt32.self)
    let compressed = try cursor.next(UInt32.self)
    let uncompressed = try cursor.next(UInt32.self)
    let nameBytes = Int(try cursor.next(UInt16.self))
    let extraBytes = Int(try cursor.next(UInt16.self))
    let localName = try cursor.nextRange(nameBytes)
    let extra = try cursor.nextRange(extraBytes)
    let data = try cursor.nextRange(compressedBytes)

    guard localFlags == flags else { throw .localHeaderDisagrees(name, field: "flags") }
    guard method == (isDeflated ? 8 : 0) else { throw .localHeaderDisagrees(name, field: "method") }
    guard bytes[localName] == bytes[rawName] else { throw .localHeaderDisagrees(name, field: "name") }
    // 4.5.3: in a local header the ZIP64 part always has both sizes.
    let isZip64 = compressed == .max || uncompressed == .max
    let zip64 = try Zip64ExtraField(
      bytes, extra, name: name, wantsUncompressedSize: isZip64, wantsCompressedSize: isZip64,
      wantsLocalHeaderOffset: false)
    // 4.4.4 bit 3: the three are 0 here and follow the data instead; some writers fill them in even so.
    let hasDescriptor = flags & ZipCentralHeader.dataDescriptorFlag != 0
    func agrees<Number: BinaryInteger>(_ value: Number, _ declared: some BinaryInteger) -> Bool {
      value == declared || hasDescriptor && value == 0
    }
    guard agrees(localCRC, crc) else { throw .localHeaderDisagrees(name, field: "CRC-32") }
    guard agrees(compressed == .max ? zip64.compressedSize ?? 0 : UInt64(compressed), compressedBytes) else {
      throw .localHeaderDisagrees(name, field: "compressed size")
    }
    guard agrees(uncompressed == .max ? zip64.uncompressedSize ?? 0 : UInt64(uncompressed), uncompressedBytes)
    else { throw .localHeaderDisagrees(name, field: "size") }

    guard hasDescriptor else { return (data, data.upperBound) }
    return (data, try descriptorEnd(in: bytes, at: data.upperBound, next: next))
  }

  /// Checks the data descriptor, whose length only its surroundings tell: with or without signature, with
  /// sizes of 4 or 8 bytes. It must fill the space up to the next record exactly.
  private func descriptorEnd(in bytes: [UInt8], at offset: Int, next: Int) throws(ZipError) -> Int {
    guard next >= offset else { throw .overlappingEntries(name) }
    let space = next - offset
    guard [12, 16, 20, 24].contains(space) else { throw .missingRecord(.dataDescriptor, offset: offset) }
    var cursor = ZipCursor(bytes, .dataDescriptor, at: offset, end: next)
    if space == 16 || space == 24 { try cursor.expectSignature(0x0807_4B50) }
    let found = try cursor.next(UInt32.self)
    let compressed = try space >= 20 ? cursor.next(UInt64.self) : UInt64(cursor.next(UInt32.self))
    let uncompressed = try space >= 20 ? cursor.next(UInt64.self) : UInt64(cursor.next(UInt32.self))
    guard found == crc, compressed == compressedBytes, uncompressed == uncompressedBytes else {
      throw .dataDescriptorDisagrees(name)
    }
    return next
  }
}
