import UpconvCompression

/// Decompresses one entry of an archive, piece by piece, and holds it to its declared size and CRC-32.
struct ZipEntryReader: ~Copyable {
  private let bytes: [UInt8]
  private let entry: ZipArchive.Entry
  /// Where the data not read yet begin.
  private var offset: Int
  /// Only for deflated data. Its limit is the declared size: a bomb cannot be larger than it admits.
  private var inflater: Inflater?
  private var crc = CRC32()
  private var producedBytes = 0

  /// A reader of one entry of `archive`, which it keeps alive.
  init(_ entry: ZipArchive.Entry, in archive: ZipArchive) {
    bytes = archive.bytes
    self.entry = entry
    offset = entry.data.lowerBound
    if entry.isDeflated { inflater = Inflater(format: .rawDeflate, maxOutputBytes: entry.uncompressedBytes) }
  }

  /// Fills `room` from its start; it must have room for a byte.
  /// - Returns: bytes written; 0 at the end, when size and CRC-32 have proved right.
  /// - Throws: `.corruptData`, `.sizeMismatch`, `.wrongCRC`.
  mutating func read(into room: UnsafeMutableRawBufferPointer) throws(ZipError) -> Int {
    let count = try entry.isDeflated ? inflate(into: room) : copy(into: room)
    guard count > 0 else {
      guard producedBytes == entry.uncompressedBytes else {
        throw .sizeMismatch(entry.name, declared: entry.uncompressedBytes)
      }
      guard crc.value == entry.crc else { throw .wrongCRC(entry.name) }
      return 0
    }
    producedBytes += count
    crc.update(UnsafeRawBufferPointer(rebasing: room.prefix(count)))
    return count
  }

  private mutating func inflate(into room: UnsafeMutableRawBufferPointer) throws(ZipError) -> Int {
    do throws(InflateError) {
      let start = offset
      let count = try bytes.withUnsafeBufferPointer {
        (bytes) throws(InflateError) -> (made: Int, taken: Int) in
        var rest = UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer(bytes)[start..<entry.data.upperBound])
        let made = try inflater?.inflate(from: &rest, into: room) ?? 0
        return (made, entry.data.upperBound - start - rest.count)
      }
      offset += count.taken
      if count.made == 0 { try inflater?.finish() }
      return count.made
    } catch .tooLarge {
      throw .sizeMismatch(entry.name, declared: entry.uncompressedBytes)
    } catch {
      throw .corruptData(entry.name, error)
    }
  }

  private mutating func copy(into room: UnsafeMutableRawBufferPointer) -> Int {
    let piece = bytes[offset..<min(entry.data.upperBound, offset + room.count)]
    room.copyBytes(from: piece)
    offset += piece.count
    return piece.count
  }
}
