/// A ZIP archive in memory. Its directory is at its end, so the whole of it must have come before anything is
/// known.
///
/// Strict on purpose: what the central directory says must be all there is to the archive. The entries must
/// fill it from its first byte to the directory without gap or overlap, and the local headers must agree. So
/// no two readers see different content, and no byte is decompressed twice (the trick of overlapping ZIP
/// bombs).
/// - Source: APPNOTE.TXT 6.3; the ZIP64 parts because numpy writes them always.
package struct ZipArchive: Sendable {
  /// One file of the archive.
  package struct Entry: Sendable, Hashable {
    /// As it is written; nothing is ever opened by it.
    package let name: String
    /// Whether the data are deflated (method 8) or stored (method 0).
    package let isDeflated: Bool
    /// Where the data are in the archive, as they are stored.
    package let data: Range<Int>
    /// Bytes of the data when decompressed, as declared. Held to by `ZipEntryReader`.
    package let uncompressedBytes: Int
    /// CRC-32 of the data when decompressed, as declared. Held to by `ZipEntryReader`.
    package let crc: UInt32
  }

  /// The archive itself.
  package let bytes: [UInt8]
  /// In the order of the central directory.
  package let entries: [Entry]

  /// Reads the directory and all local headers, no data. O(entries · log entries).
  /// - Throws: any `ZipError` but `.sizeMismatch` of deflated data, `.wrongCRC` and `.corruptData`.
  package init(_ bytes: [UInt8], maxEntries: Int) throws(ZipError) {
    let end = try ZipEndRecord(bytes, maxEntries: maxEntries)
    var cursor = ZipCursor(bytes, .centralHeader, at: end.directory.lowerBound, end: end.directory.upperBound)
    var headers: [ZipCentralHeader] = []
    var names: Set<String> = []
    for _ in 0..<end.entryCount {
      guard cursor.offset < end.directory.upperBound else {
        throw .entryCountMismatch(declared: end.entryCount)
      }
      let header = try ZipCentralHeader(bytes, at: cursor.offset, end: end.directory.upperBound)
      guard names.insert(header.name).inserted else { throw .duplicateName(header.name) }
      _ = try cursor.nextRange(header.byteCount)
      headers.append(header)
    }
    guard cursor.offset == end.directory.upperBound else {
      throw .entryCountMismatch(declared: end.entryCount)
    }

    var data = [Range<Int>](repeating: 0..<0, count: headers.count)
    var position = 0
    let order = headers.indices.sorted { headers[$0].localHeaderOffset < headers[$1].localHeaderOffset }
    for (rank, index) in order.enumerated() {
      let header = headers[index]
      guard header.localHeaderOffset >= position else { throw .overlappingEntries(header.name) }
      guard header.localHeaderOffset == position else { throw .unclaimedBytes(offset: position) }
      let next =
        rank + 1 < order.count
        ? headers[order[rank + 1]].localHeaderOffset : end.directory.lowerBound
      (data[index], position) = try header.locateData(in: bytes, next: next, end: end.directory.lowerBound)
    }
    guard position == end.directory.lowerBound else { throw .unclaimedBytes(offset: position) }

    self.bytes = bytes
    self.entries = zip(headers, data).map { header, data in
      Entry(
        name: header.name, isDeflated: header.isDeflated, data: data,
        uncompressedBytes: header.uncompressedBytes, crc: header.crc)
    }
  }
}
