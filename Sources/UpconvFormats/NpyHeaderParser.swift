/// Reads the one Python dict literal of a .npy header: strings, True and False, and a tuple of lengths.
///
/// Nothing else of Python is understood, so nothing can be made to run or to nest.
struct NpyHeaderParser {
  /// The values of the three keys, as they were written.
  struct Fields {
    let descr: String
    let isFortranOrder: Bool
    let dimensions: [Int]
  }

  private let text: [UInt8]
  private var offset = 0

  /// A parser of a header's text, without what stands before it.
  init(_ text: [UInt8]) { self.text = text }

  /// Reads the whole text. O(text).
  /// - Throws: `.malformedHeader`, `.unknownKey`, `.duplicateKey`, `.missingKey`, `.structuredElements`,
  ///   `.dimensionTooLarge`.
  mutating func parse() throws(NpyError) -> Fields {
    var descr: String?
    var isFortranOrder: Bool?
    var dimensions: [Int]?
    skipBlanks()
    try expect(UInt8(ascii: "{"), "'{'")
    skipBlanks()
    while !accept(UInt8(ascii: "}")) {
      let key = try string("a key in quotation marks")
      skipBlanks()
      try expect(UInt8(ascii: ":"), "':'")
      skipBlanks()
      switch key {
      case "descr":
        guard descr == nil else { throw .duplicateKey(key) }
        descr = try descrValue()
      case "fortran_order":
        guard isFortranOrder == nil else { throw .duplicateKey(key) }
        isFortranOrder = try boolean()
      case "shape":
        guard dimensions == nil else { throw .duplicateKey(key) }
        dimensions = try tuple()
      default: throw .unknownKey(key)
      }
      skipBlanks()
      if accept(UInt8(ascii: ",")) {
        skipBlanks()
      } else if peek != UInt8(ascii: "}") {
        throw malformed("',' or '}'")
      }
    }
    skipBlanks()
    guard peek == nil else { throw malformed("the end of the header") }
    guard let descr else { throw .missingKey("descr") }
    guard let isFortranOrder else { throw .missingKey("fortran_order") }
    guard let dimensions else { throw .missingKey("shape") }
    return Fields(descr: descr, isFortranOrder: isFortranOrder, dimensions: dimensions)
  }

  private mutating func descrValue() throws(NpyError) -> String {
    // A structured type is a list of fields, one with sub-arrays a tuple.
    guard peek != UInt8(ascii: "["), peek != UInt8(ascii: "(") else { throw .structuredElements }
    return try string("an element type in quotation marks")
  }

  private mutating func string(_ expected: String) throws(NpyError) -> String {
    guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw malformed(expected)
    }
    offset += 1
    let start = offset
    while let byte = peek, byte != quote {
      // Escapes and other letters occur in names of fields only, which are refused anyway.
      guard 0x20..<0x7F ~= byte, byte != UInt8(ascii: "\\") else {
        throw malformed("a plain ASCII character")
      }
      offset += 1
    }
    let characters = text[start..<offset]
    try expect(quote, "the closing quotation mark")
    return String(decoding: characters, as: UTF8.self)
  }

  private mutating func boolean() throws(NpyError) -> Bool {
    for (word, value) in [("True", true), ("False", false)] where text[offset...].starts(with: word.utf8) {
      offset += word.utf8.count
      return value
    }
    throw malformed("True or False")
  }

  /// `()`, `(3,)`, `(2, 3)` or `(2, 3,)`; `(3)` is no tuple in Python.
  private mutating func tuple() throws(NpyError) -> [Int] {
    try expect(UInt8(ascii: "("), "'('")
    skipBlanks()
    var lengths: [Int] = []
    var endsWithComma = true
    while !accept(UInt8(ascii: ")")) {
      guard endsWithComma else { throw malformed("',' or ')'") }
      lengths.append(try length())
      skipBlanks()
      endsWithComma = accept(UInt8(ascii: ","))
      skipBlanks()
      guard endsWithComma || lengths.count > 1 || peek != UInt8(ascii: ")") else {
        throw malformed("',' (a tuple of one length has one)")
      }
    }
    return lengths
  }

  /// Digits without sign or leading zeros, perhaps with the `L` of Python 2.
  private mutating func length() throws(NpyError) -> Int {
    let start = offset
    var value = 0
    var overflows = false
    while let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (next, carry) = shifted.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      overflows = overflows || overflow || carry
      value = next
      offset += 1
    }
    let digits = text[start..<offset]
    guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1 else {
      offset = start
      throw malformed("a length in decimal digits")
    }
    guard !overflows else { throw .dimensionTooLarge(String(decoding: digits, as: UTF8.self)) }
    _ = accept(UInt8(ascii: "L"))
    return value
  }

  private var peek: UInt8? { offset < text.count ? text[offset] : nil }

  private mutating func accept(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ byte: UInt8, _ expected: String) throws(NpyError) {
    guard accept(byte) else { throw malformed(expected) }
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || 0x09...0x0D ~= byte { offset += 1 }
  }

  private func malformed(_ expected: String) -> NpyError {
    .malformedHeader(offset: offset, expected: expected)
  }
}
