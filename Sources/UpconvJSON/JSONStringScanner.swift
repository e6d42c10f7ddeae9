/// Reads one string after another, each from the byte after its opening quote (RFC 8259 §7).
///
/// Escapes are undone and UTF-8 is checked as the bytes come, so that a string may be split anywhere and
/// every error names the byte at fault.
struct JSONStringScanner {
  /// What the next byte continues.
  private enum State {
    case plain
    /// After a backslash.
    case escape
    /// After `\u`, with the digits so far.
    case unicode(digits: Int, value: UInt16)
    /// Inside of a UTF-8 sequence: how many bytes are to come, and the range of the next one.
    case sequence(remaining: Int, range: ClosedRange<UInt8>)
  }

  /// The string so far, in UTF-8.
  private(set) var text: [UInt8] = []
  /// Bytes of memory that hold it, and what is kept for the next.
  var heldBytes: Int { text.capacity }
  private var state = State.plain
  /// How long the string may get before the document is too large.
  private var maxTextBytes = 0
  private let maxTreeBytes: Int
  /// Where the opening quote stands.
  private(set) var start = 0
  private var escapeStart = 0
  /// The first half of a surrogate pair and where it stands; the next thing must be the second half.
  private var highSurrogate: (unit: UInt16, offset: Int)?

  init(maxTreeBytes: Int) { self.maxTreeBytes = maxTreeBytes }

  /// Prepares for the string whose quote is at `offset`.
  mutating func begin(at offset: Int, maxTextBytes: Int) {
    start = offset
    self.maxTextBytes = maxTextBytes
    state = .plain
    highSurrogate = nil
    text.removeAll(keepingCapacity: true)
  }

  /// Takes bytes that stand for themselves, as many as there are next; where it stopped.
  mutating func takePlain(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    guard case .plain = state, highSurrogate == nil else { return start }
    let end = start + min(bytes.count - start, maxTextBytes - text.count)
    var position = start
    while position < end, JSONStringScanner.isPlain(bytes[position]) { position += 1 }
    text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
    return position
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    0x20..<0x80 ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// Takes one byte, which stands at `offset`; answers whether it ended the string.
  /// - Parameter tree: where the string belongs.
  /// - Throws: `.controlCharacter`, `.invalidEscape`, `.loneSurrogate`, `.invalidUTF8`, `.treeTooLarge`.
  mutating func take(_ byte: UInt8, at offset: Int, in tree: JSONTreeBuilder) throws(JSONError) -> Bool {
    switch state {
    case .plain:
      if highSurrogate != nil, byte != UInt8(ascii: "\\") { try refuseHighSurrogate(in: tree) }
      switch byte {
      case UInt8(ascii: "\""): return true
      case UInt8(ascii: "\\"):
        state = .escape
        escapeStart = offset
      case ..<0x20: throw .controlCharacter(byte, path: tree.path, offset: offset)
      case ..<0x80: try append(byte, in: tree)
      default:
        state = try sequence(after: byte, at: offset, in: tree)
        try append(byte, in: tree)
      }
    case .escape: try escape(byte, in: tree)
    case .unicode(let digits, let value): try unicode(byte, digits: digits, value: value, in: tree)
    case .sequence(let remaining, let range):
      guard range.contains(byte) else { throw .invalidUTF8(byte, path: tree.path, offset: offset) }
      try append(byte, in: tree)
      state = remaining == 1 ? .plain : .sequence(remaining: remaining - 1, range: 0x80...0xBF)
    }
    return false
  }

  private mutating func append(_ byte: UInt8, in tree: JSONTreeBuilder) throws(JSONError) {
    guard text.count < maxTextBytes else {
      throw .treeTooLarge(maxBytes: maxTreeBytes, path: tree.path, offset: start)
    }
    text.append(byte)
  }

  /// The table of well-formed sequences: Unicode Standard, table 3-7.
  private func sequence(after byte: UInt8, at offset: Int, in tree: JSONTreeBuilder) throws(JSONError) -> State {
    switch byte {
    case 0xC2...0xDF: .sequence(remaining: 1, range: 0x80...0xBF)
    case 0xE0: .sequence(remaining: 2, range: 0xA0...0xBF)
    case 0xED: .sequence(remaining: 2, range: 0x80...0x9F)
    case 0xE1...0xEF: .sequence(remaining: 2, range: 0x80...0xBF)
    case 0xF0: .sequence(remaining: 3, range: 0x90...0xBF)
    case 0xF1...0xF3: .sequence(remaining: 3, range: 0x80...0xBF)
    case 0xF4: .sequence(remaining: 3, range: 0x80...0x8F)
    default: throw .invalidUTF8(byte, path: tree.path, offset: offset)
    }
  }

  private mutating func escape(_ byte: UInt8, in tree: JSONTreeBuilder) throws(JSONError) {
    if byte == UInt8(ascii: "u") {
      state = .unicode(digits: 0, value: 0)
      return
    }
    let meaning: UInt8
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): meaning = byte
    case UInt8(ascii: "b"): meaning = 0x08
    case UInt8(ascii: "f"): meaning = 0x0C
    case UInt8(ascii: "n"): meaning = 0x0A
    case UInt8(ascii: "r"): meaning = 0x0D
    case UInt8(ascii: "t"): meaning = 0x09
    default:
      let text = String(decoding: [UInt8(ascii: "\\"), byte], as: UTF8.self)
      throw .invalidEscape(text, path: tree.path, offset: escapeStart)
    }
    if highSurrogate != nil { try refuseHighSurrogate(in: tree) }
    try append(meaning, in: tree)
    state = .plain
  }

  private mutating func unicode(
    _ byte: UInt8, digits: Int, value: UInt16, in tree: JSONTreeBuilder
  ) throws(JSONError) {
    let digit: UInt8
    switch byte {
    case 0x30...0x39: digit = byte - 0x30
    case 0x41...0x46: digit = byte - 0x41 + 10
    case 0x61...0x66: digit = byte - 0x61 + 10
    default:
      let hex = String(value, radix: 16, uppercase: true)
      let taken = digits == 0 ? "" : String(repeating: "0", count: max(0, digits - hex.count)) + hex
      let text = "\\u" + taken + String(decoding: [byte], as: UTF8.self)
      throw .invalidEscape(text, path: tree.path, offset: escapeStart)
    }
    let unit = value << 4 | UInt16(digit)
    guard digits == 3 else {
      state = .unicode(digits: digits + 1, value: unit)
      return
    }
    state = .plain
    try append(unit: unit, in: tree)
  }

  /// Appends a UTF-16 code unit, or holds it until its other half has come.
  private mutating func append(unit: UInt16, in tree: JSONTreeBuilder) throws(JSONError) {
    var value = UInt32(unit)
    if let high = highSurrogate {
      guard UTF16.isTrailSurrogate(unit) else { return try refuseHighSurrogate(in: tree) }
      value = 0x10000 + (UInt32(high.unit & 0x3FF) << 10 | UInt32(unit & 0x3FF))
      highSurrogate = nil
    } else if UTF16.isLeadSurrogate(unit) {
      highSurrogate = (unit, escapeStart)
      return
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw .loneSurrogate(unit, path: tree.path, offset: escapeStart)
    }
    for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { try append(byte, in: tree) }
  }

  private func refuseHighSurrogate(in tree: JSONTreeBuilder) throws(JSONError) {
    guard let high = highSurrogate else { return }
    throw .loneSurrogate(high.unit, path: tree.path, offset: high.offset)
  }
}
