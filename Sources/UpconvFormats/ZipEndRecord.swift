/// Where an archive's central directory is, from the record at the archive's end.
struct ZipEndRecord {
  /// Offsets of the directory's first byte and of the byte after it.
  let directory: Range<Int>
  /// Entries that the directory declares; within the limit.
  let entryCount: Int

  private static let byteCount = 22
  private static let zip64ByteCount = 56
  private static let zip64LocatorByteCount = 20

  /// Finds the end record in the last 22 bytes, that is: without a comment. A search for it further up, which
  /// a comment would need, is where two readers come to see two archives in one file.
  /// - Throws: the `ZipError` of what is wrong with it.
  /// - Source: APPNOTE.TXT 4.3.14 to 4.3.16.
  init(_ bytes: [UInt8], maxEntries: Int) throws(ZipError) {
    let start = bytes.count - ZipEndRecord.byteCount
    guard start >= 0, bytes[start..<start + 4].elementsEqual([0x50, 0x4B, 5, 6]),
      bytes[(start + 20)...] == [0, 0]
    else { throw .noEndRecord }
    // In bounds: only fields of these 22 bytes are read.
    var cursor = ZipCursor(bytes, .centralHeader, at: start + 4, end: bytes.count)
    let disk = try cursor.next(UInt16.self)
    let directoryDisk = try cursor.next(UInt16.self)
    let diskEntries = try cursor.next(UInt16.self)
    let entries = try cursor.next(UInt16.self)
    let directorySize = try cursor.next(UInt32.self)
    let directoryOffset = try cursor.next(UInt32.self)

    var end = start
    var count = UInt64(entries)
    var size = UInt64(directorySize)
    var offset = UInt64(directoryOffset)
    let isSaturated =
      entries == .max || directorySize == .max || directoryOffset == .max || disk == .max
      || directoryDisk == .max
    if let zip64 = try ZipEndRecord.zip64Fields(bytes, before: start, isRequired: isSaturated) {
      // A field of the old record is either all ones or says the same.
      guard entries == .max || UInt64(entries) == zip64.count,
        directorySize == .max || UInt64(directorySize) == zip64.size,
        directoryOffset == .max || UInt64(directoryOffset) == zip64.offset
      else { throw .endRecordsDisagree }
      guard disk == 0 || disk == .max, directoryDisk == 0 || directoryDisk == .max,
        diskEntries == entries
      else { throw .multipleDisks }
      (end, count, size, offset) = (zip64.start, zip64.count, zip64.size, zip64.offset)
    } else {
      guard disk == 0, directoryDisk == 0, diskEntries == entries else { throw .multipleDisks }
    }

    guard count <= UInt64(max(maxEntries, 0)) else {
      throw .tooManyEntries(count: count, maxEntries: maxEntries)
    }
    entryCount = Int(count)
    // Whatever stands between directory and end record, or before a directory found by its size alone, would
    // be seen by one reader and not by another.
    guard let first = Int(exactly: offset), let length = Int(exactly: size), first <= end,
      length <= end - first
    else { throw .outOfBounds(.centralHeader, offset: Int(clamping: offset)) }
    guard length == end - first else { throw .directoryMisplaced(end: first + length, expectedEnd: end) }
    directory = first..<end
  }

  /// The fields of the ZIP64 end record, where there is one: it stands directly before its locator, which
  /// stands directly before the end record.
  private static func zip64Fields(
    _ bytes: [UInt8], before end: Int, isRequired: Bool
  ) throws(ZipError) -> (start: Int, count: UInt64, size: UInt64, offset: UInt64)? {
    let locatorStart = end - zip64LocatorByteCount
    guard locatorStart >= 0, bytes[locatorStart..<locatorStart + 4].elementsEqual([0x50, 0x4B, 6, 7]) else {
      guard !isRequired else { throw .missingRecord(.zip64EndLocator, offset: max(locatorStart, 0)) }
      return nil
    }
    var locator = ZipCursor(bytes, .zip64EndLocator, at: locatorStart + 4, end: end)
    let recordDisk = try locator.next(UInt32.self)
    let recordStart = try locator.next(UInt64.self)
    let disks = try locator.next(UInt32.self)
    guard recordDisk == 0, disks <= 1 else { throw .multipleDisks }

    let start = locatorStart - zip64ByteCount
    guard start >= 0, recordStart == UInt64(start) else {
      throw .missingRecord(.zip64EndRecord, offset: Int(clamping: recordStart))
    }
    var record = ZipCursor(bytes, .zip64EndRecord, at: start, end: locatorStart)
    try record.expectSignature(0x0606_4B50)
    // Its size, without the first 12 bytes: nothing may follow the fields.
    guard try record.next(UInt64.self) == UInt64(zip64ByteCount - 12) else {
      throw .outOfBounds(.zip64EndRecord, offset: start)
    }
    _ = try record.nextRange(4)  // versions
    let disk = try record.next(UInt32.self)
    let directoryDisk = try record.next(UInt32.self)
    let diskEntries = try record.next(UInt64.self)
    let entries = try record.next(UInt64.self)
    let size = try record.next(UInt64.self)
    let offset = try record.next(UInt64.self)
    guard disk == 0, directoryDisk == 0, diskEntries == entries else { throw .multipleDisks }
    return (start, entries, size, offset)
  }
}
