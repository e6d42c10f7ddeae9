/// Bytes as text that JSON can carry (RFC 4648 §4): 3 bytes are 4 characters, the last ones filled up with `=`.
///
/// Strict, so that bytes have one text only: no line ends or blanks, padding where it belongs and nowhere else, and no
/// bits set in the last character that stand for nothing (RFC 4648 §3.3, §3.5).
package enum Base64 {
  /// Characters that `byteCount` bytes become.
  package static func encodedByteCount(of byteCount: Int) -> Int { (byteCount + 2) / 3 * 4 }

  /// Bytes that `text` stands for, told by its length and its padding. O(1).
  /// - Throws: `.incompleteGroup`.
  package static func decodedByteCount(of text: UnsafeRawBufferPointer) throws(Base64Error) -> Int {
    guard text.count % 4 == 0 else { throw .incompleteGroup(byteCount: text.count) }
    return text.count / 4 * 3 - paddingCount(of: text)
  }

  /// The text of `bytes`, in ASCII. O(bytes).
  package static func encode(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let count = encodedByteCount(of: bytes.count)
    return [UInt8](unsafeUninitializedCapacity: count) { text, initializedCount in
      encode(bytes, into: UnsafeMutableRawBufferPointer(text))
      initializedCount = count
    }
  }

  /// The bytes of `text`. O(text).
  /// - Throws: any `Base64Error`; `.tooLarge` before memory is taken.
  package static func decode(_ text: UnsafeRawBufferPointer, maxBytes: Int) throws(Base64Error) -> [UInt8] {
    let count = try decodedByteCount(of: text)
    guard count <= maxBytes else { throw .tooLarge(maxBytes: maxBytes) }
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: Base64Error?
    bytes.withUnsafeMutableBytes { room in
      do throws(Base64Error) { try decode(text, into: room) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes the bytes of `text` from the start of `room`. What `room` holds after an error means nothing.
  /// - Returns: bytes written.
  /// - Throws: any `Base64Error`; `.tooLarge` where `room` has not enough.
  @discardableResult
  package static func decode(
    _ text: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) throws(Base64Error) -> Int {
    let count = try decodedByteCount(of: text)
    guard count <= room.count else { throw .tooLarge(maxBytes: room.count) }
    guard count > 0 else { return 0 }
    let groups = UnsafeRawBufferPointer(rebasing: text.dropLast(4))
    try decode(wholeGroups: groups, into: room)
    try decode(lastGroup: text, into: UnsafeMutableRawBufferPointer(rebasing: room[(groups.count / 4 * 3)..<count]))
    return count
  }

  private static func paddingCount(of text: UnsafeRawBufferPointer) -> Int {
    guard text.last == padding else { return 0 }
    return text[text.count - 2] == padding ? 2 : 1
  }

  private static let padding = UInt8(ascii: "=")
}

// Groups of 3 bytes and 4 characters.
extension Base64 {
  private static func encode(_ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer) {
    let pairs = Base64Tables.encoding
    func pair(_ bits: UInt64, _ shift: UInt64) -> UInt64 { UInt64(pairs[Int(bits >> shift & 0xFFF)]) }
    var (offset, end) = (0, 0)
    // Six bytes at a time, of eight that are loaded.
    while offset + 8 <= bytes.count {
      let bits = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      let characters = pair(bits, 52) | pair(bits, 40) << 16 | pair(bits, 28) << 32 | pair(bits, 16) << 48
      text.storeBytes(of: characters.littleEndian, toByteOffset: end, as: UInt64.self)
      offset += 6
      end += 8
    }
    while offset < bytes.count {
      let group = bytes[offset..<min(offset + 3, bytes.count)]
      let bits = group.reduce(0 as UInt64) { $0 << 8 | UInt64($1) } << UInt64(8 * (3 - group.count))
      let characters = UInt32(pair(bits, 12) | pair(bits, 0) << 16)
      text.storeBytes(of: characters.littleEndian, toByteOffset: end, as: UInt32.self)
      for missing in group.count..<3 { text[end + 1 + missing] = padding }
      offset += 3
      end += 4
    }
  }

  /// Groups with others behind them, where no padding may be: their room has a byte more.
  private static func decode(
    wholeGroups text: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) throws(Base64Error) {
    let tables = Base64Tables.decoding
    func group(_ offset: Int) -> UInt32 {
      let characters = text.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian
      return tables[Int(characters & 0xFF)] | tables[256 + Int(characters >> 8 & 0xFF)]
        | tables[512 + Int(characters >> 16 & 0xFF)] | tables[768 + Int(characters >> 24)]
    }
    var (offset, end) = (0, 0)
    while offset + 8 <= text.count {
      let (first, second) = (group(offset), group(offset + 4))
      guard (first | second) & Base64Tables.invalid == 0 else { break }
      room.storeBytes(of: (first << 8).bigEndian, toByteOffset: end, as: UInt32.self)
      room.storeBytes(of: (second << 8).bigEndian, toByteOffset: end + 3, as: UInt32.self)
      offset += 8
      end += 6
    }
    while offset < text.count {
      let bits = group(offset)
      guard bits & Base64Tables.invalid == 0 else { throw fault(text, from: offset) }
      room.storeBytes(of: (bits << 8).bigEndian, toByteOffset: end, as: UInt32.self)
      offset += 4
      end += 3
    }
  }

  /// The last four characters of `text`, which alone may be padded; `room` is of just their size.
  private static func decode(
    lastGroup text: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) throws(Base64Error) {
    let start = text.count - 4
    let characterCount = room.count + 1
    var bits: UInt32 = 0
    for index in 0..<4 {
      let found = index < characterCount ? Base64Tables.decoding[256 * index + Int(text[start + index])] : 0
      guard found & Base64Tables.invalid == 0 else { throw fault(text, from: start) }
      bits |= found
    }
    guard bits << (8 + 8 * UInt32(room.count)) == 0 else { throw .strayBits(offset: start + characterCount - 1) }
    for index in room.indices { room[index] = UInt8(truncatingIfNeeded: bits >> (16 - 8 * UInt32(index))) }
  }

  /// What is wrong with the first byte from `offset` on that is no character.
  private static func fault(_ text: UnsafeRawBufferPointer, from offset: Int) -> Base64Error {
    let offset = text[offset...].firstIndex { Base64Tables.decoding[Int($0)] & Base64Tables.invalid != 0 } ?? offset
    return text[offset] == padding ? .misplacedPadding(offset: offset) : .invalidByte(text[offset], offset: offset)
  }
}

/// Why text is no base64. Offsets count its bytes.
package enum Base64Error: Error, Equatable, CustomStringConvertible {
  /// The length is no multiple of four: characters or padding are missing.
  case incompleteGroup(byteCount: Int)
  /// A byte that is none of the 64 characters.
  case invalidByte(UInt8, offset: Int)
  /// `=` before the end.
  case misplacedPadding(offset: Int)
  /// The last character has bits that stand for no byte.
  case strayBits(offset: Int)
  /// More would come out than is allowed.
  case tooLarge(maxBytes: Int)

  package var description: String {
    switch self {
    case .incompleteGroup(let byteCount):
      "base64 has \(byteCount) characters: it must be a multiple of 4, filled up with '='"
    case .invalidByte(let byte, let offset):
      "base64 has the byte \(byte) at offset \(offset): only A-Z, a-z, 0-9, '+' and '/' are allowed, no blanks or line ends"
    case .misplacedPadding(let offset):
      "base64 has '=' at offset \(offset): only the last one or two characters may be '='"
    case .strayBits(let offset):
      "base64 has a last character, at offset \(offset), that stands for more bits than the bytes have"
    case .tooLarge(let maxBytes):
      "base64 stands for too many bytes: at most \(maxBytes) are allowed"
    }
  }
}
