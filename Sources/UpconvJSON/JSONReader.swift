/// Reads one JSON document (RFC 8259) as its bytes come, in pieces of any size.
///
/// It holds the tree so far and at most one token that has no end yet, both within limits. An array at a path
/// that `isNumberArray` accepts goes into a tensor without becoming a tree; only such arrays may be large.
package struct JSONReader: ~Copyable {
  private let limits: JSONLimits
  private let isNumberArray: @Sendable (JSONPath) -> Bool
  private let numberArrayDepth: Int?
  private let rules: NumberArrayRules
  private var tree: JSONTreeBuilder
  private var numbers: NumberArrayReader
  private var strings: JSONStringScanner
  private var number = JSONNumberScanner()

  /// What the grammar wants next, outside of number arrays.
  private enum Expected {
    case structure(JSONExpectation)
    case endOfDocument
  }

  /// The token whose end has not come.
  private enum Token { case none, name, string, number, word }

  private var expected = Expected.structure(.value)
  private var token = Token.none
  /// The bytes of an incomplete number or word, and where they began.
  private var text: [UInt8] = []
  private var textStart = 0
  /// How many bytes were in the pieces before.
  private var offset = 0
  private var hasBegun = false
  /// The number arrays in which `true` or `false` stood, where the rules let them.
  package private(set) var arraysWithBooleans: Set<JSONPath> = []
  private var failure: JSONError?
  /// Of the number arrays that have ended.
  private var tensorBytes = 0

  /// The longest word that an error repeats.
  private static let maxWordBytes = 32

  /// - Parameters:
  ///   - isNumberArray: asked wherever an array begins outside of a number array; empty path: the document.
  ///   - numberArrayDepth: how many arrays and objects stand around each number array, where that is known: elsewhere it
  ///     is not asked, and no path is made.
  package init(
    limits: JSONLimits, isNumberArray: @escaping @Sendable (JSONPath) -> Bool, numberArrayDepth: Int? = nil,
    rules: NumberArrayRules = [], by instructions: DecimalInstructions = .current
  ) {
    self.limits = limits
    self.isNumberArray = isNumberArray
    self.numberArrayDepth = numberArrayDepth
    self.rules = rules
    tree = JSONTreeBuilder(limits: limits)
    numbers = NumberArrayReader(limits: limits, rules: rules, instructions: instructions)
    strings = JSONStringScanner(maxTreeBytes: limits.maxTreeBytes)
  }

  /// Takes the next piece, all of it.
  /// - Throws: the reason why no document can begin with these bytes; from then on always the same.
  /// - Complexity: O(count).
  package mutating func read(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    if let failure { throw failure }
    do {
      try readTokens(bytes)
    } catch {
      failure = error
      throw error
    }
  }

  /// Bytes of memory that hold what has come: of tensors, of the tree, of the number array that is open, and of the text
  /// whose end has not come.
  package var heldBytes: Int {
    tensorBytes + tree.heldBytes + numbers.heldBytes + strings.heldBytes + text.capacity
      + arraysWithBooleans.count * Self.heldBytesPerPath
  }

  /// A path of a few steps in a set that has grown to twice its content, and the paths' own arrays.
  private static let heldBytesPerPath = 256

  /// The document, after its last piece.
  /// - Throws: `.emptyDocument`, `.unexpectedEnd`, or what the last token's end reveals.
  package mutating func finish() throws(JSONError) -> JSONValue {
    if let failure { throw failure }
    switch token {
    case .number where number.isWhole: try endNumber()
    case .word: try endWord()
    case .none, .number, .name, .string: break
    }
    guard hasBegun else { throw .emptyDocument }
    guard let root = tree.root else { throw .unexpectedEnd(path: path, offset: offset) }
    return root
  }

  /// Where the value stands that is being read.
  private var path: JSONPath { numbers.isOpen ? numbers.path : tree.path }
}

// Tokens.
extension JSONReader {
  private mutating func readTokens(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      let here = offset + position
      switch token {
      case .none where numbers.isOpen: position = try readNumbers(bytes, from: position)
      case .none:
        if !byte.isJSONBlank { try begin(byte, at: here) }
        // Numbers and words begin with a byte that they then take themselves.
        if token != .number, token != .word { position += 1 }
      case .name, .string:
        let next = strings.takePlain(bytes, from: position)
        if next == position {
          if try strings.take(byte, at: here, in: tree) { try endString() }
          position += 1
        } else {
          position = next
        }
      case .number: if try takeNumberByte(byte, at: here) { position += 1 }
      case .word: if try takeWordByte(byte) { position += 1 }
      }
    }
    offset += bytes.count
  }

  /// Answers where the number array stopped.
  private mutating func readNumbers(
    _ bytes: UnsafeRawBufferPointer, from start: Int
  ) throws(JSONError) -> Int {
    let (next, stop) = try numbers.read(bytes, from: start, offset: offset)
    switch stop {
    case .endOfBytes: break
    case .number: beginText(.number, at: offset + next)
    case .word: beginText(.word, at: offset + next)
    case .object:
      numbers.abandon()
      try tree.open(isObject: false, at: offset + next)
      expected = .structure(.valueOrEndOfArray)
    case .closed:
      tensorBytes += numbers.heldBytes
      try endValue(.numbers(numbers.finish(at: offset + next - 1)))
    }
    return next
  }

  private mutating func beginText(_ token: Token, at start: Int) {
    self.token = token
    text.removeAll(keepingCapacity: true)
    textStart = start
    number = JSONNumberScanner()
  }

  /// Returns whether the byte belonged to the number.
  private mutating func takeNumberByte(_ byte: UInt8, at offset: Int) throws(JSONError) -> Bool {
    switch number.take(byte) {
    case .taken:
      guard text.count < limits.maxNumberBytes else {
        throw .numberTooLong(maxBytes: limits.maxNumberBytes, path: path, offset: textStart)
      }
      text.append(byte)
      return true
    case .ended: try endNumber()
    case .word: token = .word
    case .broken(let rule):
      text.append(byte)
      throw .malformedNumber(text: excerpt, rule: rule, path: path, offset: offset)
    }
    return false
  }

  private mutating func endNumber() throws(JSONError) {
    token = .none
    if numbers.isOpen {
      let value = DecimalFloat.nearest(to: text)
      guard value.isFinite else {
        throw .numberOutOfRange(text: excerpt, range: .float32, path: path, offset: textStart)
      }
      try numbers.append(value, at: textStart)
    } else {
      try tree.spend(text.count, at: textStart)
      let value = DecimalFloat.nearestDouble(to: text)
      guard value.isFinite else {
        throw .numberOutOfRange(text: excerpt, range: .float64, path: path, offset: textStart)
      }
      endValue(.number(JSONNumber(text: String(decoding: text, as: UTF8.self), double: value)))
    }
  }

  /// Returns whether the byte belonged to the word.
  private mutating func takeWordByte(_ byte: UInt8) throws(JSONError) -> Bool {
    let isPart = byte.isASCIILetter || byte >= 0x80
    if isPart, text.count < Self.maxWordBytes {
      text.append(byte)
      return true
    }
    try endWord(isCut: isPart)
    return false
  }

  private mutating func endWord(isCut: Bool = false) throws(JSONError) {
    token = .none
    let word = String(decoding: text, as: UTF8.self)
    if textStart == 0, text.starts(with: [0xEF, 0xBB, 0xBF]) { throw .byteOrderMark }
    switch word {
    case "true", "false":
      if numbers.isOpen, rules.contains(.booleans) {
        arraysWithBooleans.insert(numbers.base)
        try numbers.append(boolean: word == "true", at: textStart)
      } else {
        try endLiteral(.bool(word == "true"), kind: .bool)
      }
    case "null": try endLiteral(.null, kind: .null)
    default:
      switch word.drop(while: { $0 == "-" }).lowercased() {
      case "nan", "inf", "infinity": throw .nonFiniteLiteral(word, path: path, offset: textStart)
      default: throw .unknownWord(isCut ? word + "…" : word, path: path, offset: textStart)
      }
    }
  }

  private mutating func endLiteral(_ value: JSONValue, kind: JSONKind) throws(JSONError) {
    guard !numbers.isOpen else { throw .notANumber(found: kind, path: path, offset: textStart) }
    endValue(value)
  }

  /// The beginning of the token, for an error.
  private var excerpt: String {
    String(decoding: text.prefix(32), as: UTF8.self) + (text.count > 32 ? "…" : "")
  }
}

// Structure.
extension JSONReader {
  /// Takes a byte between tokens that is not a blank.
  private mutating func begin(_ byte: UInt8, at offset: Int) throws(JSONError) {
    hasBegun = true
    guard case .structure(let expectation) = expected else {
      throw .trailingBytes(found: byte, offset: offset)
    }
    switch (expectation, byte) {
    case (.valueOrEndOfArray, UInt8(ascii: "]")), (.commaOrEndOfArray, UInt8(ascii: "]")),
      (.nameOrEndOfObject, UInt8(ascii: "}")), (.commaOrEndOfObject, UInt8(ascii: "}")):
      tree.close()
      expectAfterValue()
    case (.value, UInt8(ascii: "]")) where tree.isInObject == false, (.name, UInt8(ascii: "}")):
      throw .trailingComma(path: tree.path, offset: offset)
    case (.value, _), (.valueOrEndOfArray, _): try beginValue(byte, at: offset)
    case (.name, UInt8(ascii: "\"")), (.nameOrEndOfObject, UInt8(ascii: "\"")):
      token = .name
      strings.begin(at: offset, maxTextBytes: tree.remainingBytes)
    case (.colon, UInt8(ascii: ":")): expected = .structure(.value)
    case (.commaOrEndOfArray, UInt8(ascii: ",")): expected = .structure(.value)
    case (.commaOrEndOfObject, UInt8(ascii: ",")): expected = .structure(.name)
    default: throw .unexpected(byte, expected: expectation, path: tree.path, at: offset)
    }
  }

  private mutating func beginValue(_ byte: UInt8, at offset: Int) throws(JSONError) {
    try tree.beginValue(at: offset)
    switch byte {
    case UInt8(ascii: "["):
      if tree.depth == numberArrayDepth ?? tree.depth, isNumberArray(tree.path) {
        try numbers.begin(at: offset, path: tree.path, depthAround: tree.depth)
      } else {
        try tree.open(isObject: false, at: offset)
        expected = .structure(.valueOrEndOfArray)
      }
    case UInt8(ascii: "{"):
      try tree.open(isObject: true, at: offset)
      expected = .structure(.nameOrEndOfObject)
    case UInt8(ascii: "\""):
      token = .string
      strings.begin(at: offset, maxTextBytes: tree.remainingBytes)
    case UInt8(ascii: "-"), 0x30...0x39: beginText(.number, at: offset)
    case UInt8(ascii: "+"), UInt8(ascii: "."): throw .malformedNumberStart(byte, path: tree.path, at: offset)
    default:
      guard byte.isASCIILetter || byte >= 0x80 else {
        guard case .structure(let expectation) = expected else { return }
        throw .unexpected(byte, expected: expectation, path: tree.pathOfIntruder, at: offset)
      }
      beginText(.word, at: offset)
    }
  }

  private mutating func endString() throws(JSONError) {
    if token == .name {
      try tree.beginMember(name: strings.text, at: strings.start)
      expected = .structure(.colon)
    } else {
      try tree.spend(strings.text.count, at: strings.start)
      endValue(.string(String(decoding: strings.text, as: UTF8.self)))
    }
    token = .none
  }

  private mutating func endValue(_ value: JSONValue) {
    tree.endValue(value)
    expectAfterValue()
  }

  private mutating func expectAfterValue() {
    switch tree.isInObject {
    case nil: expected = .endOfDocument
    case true?: expected = .structure(.commaOrEndOfObject)
    case false?: expected = .structure(.commaOrEndOfArray)
    }
  }
}
