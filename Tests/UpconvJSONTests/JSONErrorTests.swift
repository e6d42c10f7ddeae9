import Testing
import UpconvJSON
import UpconvTensor

@Suite struct JSONErrorTests {
  private func path(_ steps: JSONPath.Step...) -> JSONPath { JSONPath(steps) }

  private func expect(
    _ document: String, _ error: JSONError, limits: JSONLimits = JSONLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      readEveryWay(document, limits: limits, sourceLocation: sourceLocation) == .failure(error),
      sourceLocation: sourceLocation)
  }

  @Test func `An empty or blank document`() {
    expect("", .emptyDocument)
    expect(" \n", .emptyDocument)
  }

  @Test func `A byte order mark`() {
    expect("\u{FEFF}{}", .byteOrderMark)
    expect("\u{FEFF}true", .byteOrderMark)
  }

  @Test func `A document that ends too early`() {
    expect("[1,", .unexpectedEnd(path: path(), offset: 3))
    expect("{\"a\":{\"b\"", .unexpectedEnd(path: path(.member("a"), .member("b")), offset: 9))
    expect("{\"a\":\"x", .unexpectedEnd(path: path(.member("a")), offset: 7))
    expect(
      "{\"data\":[[1,2],[3",
      .unexpectedEnd(path: path(.member("data"), .element(1), .element(1)), offset: 17))
    expect("-", .unexpectedEnd(path: path(), offset: 1))
    expect("1e", .unexpectedEnd(path: path(), offset: 2))
  }

  @Test func `A byte behind the document`() {
    expect("{} }", .trailingBytes(found: 0x7D, offset: 3))
    expect("1 2", .trailingBytes(found: 0x32, offset: 2))
    expect("null,", .trailingBytes(found: 0x2C, offset: 4))
  }

  @Test func `A byte that the grammar does not allow`() {
    expect("]", .unexpectedByte(found: 0x5D, expected: .value, path: path(), offset: 0))
    expect("[,1]", .unexpectedByte(found: 0x2C, expected: .valueOrEndOfArray, path: path(), offset: 1))
    expect("[1 2]", .unexpectedByte(found: 0x32, expected: .commaOrEndOfArray, path: path(), offset: 3))
    expect("{a:1}", .unexpectedByte(found: 0x61, expected: .nameOrEndOfObject, path: path(), offset: 1))
    expect("{\"a\" 1}", .unexpectedByte(found: 0x31, expected: .colon, path: path(.member("a")), offset: 5))
    expect("{\"a\":1;", .unexpectedByte(found: 0x3B, expected: .commaOrEndOfObject, path: path(), offset: 6))
    expect("{\"a\":1,1", .unexpectedByte(found: 0x31, expected: .name, path: path(), offset: 7))
    expect("['x']", .unexpectedByte(found: 0x27, expected: .valueOrEndOfArray, path: path(), offset: 1))
    expect("{\"a\":}", .unexpectedByte(found: 0x7D, expected: .value, path: path(.member("a")), offset: 5))
    let data = path(.member("data"))
    expect(
      "{\"data\":[1 2]", .unexpectedByte(found: 0x32, expected: .commaOrEndOfArray, path: data, offset: 11))
    expect(
      "{\"data\":[1-2]", .unexpectedByte(found: 0x2D, expected: .commaOrEndOfArray, path: data, offset: 10))
    expect(
      "{\"data\":[,1]", .unexpectedByte(found: 0x2C, expected: .valueOrEndOfArray, path: data, offset: 9))
    expect("{\"data\":[1,,1]", .unexpectedByte(found: 0x2C, expected: .value, path: data, offset: 11))
    expect(
      "{\"data\":[1}", .unexpectedByte(found: 0x7D, expected: .commaOrEndOfArray, path: data, offset: 10))
    expect("{\"data\":[\u{1}", .unexpectedByte(found: 1, expected: .valueOrEndOfArray, path: data, offset: 9))
  }

  @Test func `A trailing comma`() {
    expect("[1,]", .trailingComma(path: path(), offset: 3))
    expect("{\"a\":1, }", .trailingComma(path: path(), offset: 8))
    expect("{\"data\":[[1,]]}", .trailingComma(path: path(.member("data"), .element(0)), offset: 12))
  }

  @Test func `A comment`() {
    expect("{\"a\": /* one */ 1}", .comment(path: path(.member("a")), offset: 6))
    expect("// x\n1", .comment(path: path(), offset: 0))
    expect("{\"data\":[1 // one\n]}", .comment(path: path(.member("data")), offset: 11))
    expect("{\"data\":[// one\n]}", .comment(path: path(.member("data")), offset: 9))
  }

  @Test func `NaN and infinities`() {
    for word in ["NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "-NaN"] {
      expect("{\"x\":[\(word)]}", .nonFiniteLiteral(word, path: path(.member("x"), .element(0)), offset: 6))
      expect(
        "{\"data\":[1,\(word)]}",
        .nonFiniteLiteral(word, path: path(.member("data"), .element(1)), offset: 11))
    }
  }

  @Test func `A word that JSON does not have`() {
    expect("{\"a\":True}", .unknownWord("True", path: path(.member("a")), offset: 5))
    expect("nul", .unknownWord("nul", path: path(), offset: 0))
    expect(
      "{\"data\":[undefined]}",
      .unknownWord("undefined", path: path(.member("data"), .element(0)), offset: 9))
    let long = String(repeating: "x", count: 1000)
    expect(long, .unknownWord(long.prefix(32) + "…", path: path(), offset: 0))
  }

  @Test func `A name that comes twice`() {
    expect("{\"o\":{\"a\":1,\"\\u0061\":2}}", .duplicateName("a", path: path(.member("o")), offset: 12))
  }

  @Test func `Nesting that is too deep`() {
    let limits = JSONLimits(maxDepth: 2)
    expect("[[[]]]", .tooDeep(maxDepth: 2, path: path(.element(0), .element(0)), offset: 2), limits: limits)
    expect(
      "{\"data\":[[1]]}", .tooDeep(maxDepth: 2, path: path(.member("data"), .element(0)), offset: 9),
      limits: limits)
    let bomb = String(repeating: "[", count: 300)
    expect(bomb, .tooDeep(maxDepth: 64, path: JSONPath(Array(repeating: .element(0), count: 64)), offset: 64))
  }

  @Test func `A tree that is too large`() {
    let limits = JSONLimits(maxTreeBytes: 40)
    expect(
      "[1,\"2345678\",3]", .treeTooLarge(maxBytes: 40, path: path(.element(1)), offset: 3), limits: limits)
    expect("[[],[]]", .treeTooLarge(maxBytes: 40, path: path(.element(1)), offset: 4), limits: limits)
    expect(
      "{\"a\":\"12345678", .treeTooLarge(maxBytes: 40, path: path(.member("a")), offset: 5), limits: limits)
    expect(
      "\"" + String(repeating: "é", count: 20), .treeTooLarge(maxBytes: 40, path: path(), offset: 0),
      limits: limits)
    expect(
      "{\"0123456789012345678901234", .treeTooLarge(maxBytes: 40, path: path(), offset: 1), limits: limits)
    expect("[123456789]", .treeTooLarge(maxBytes: 40, path: path(.element(0)), offset: 1), limits: limits)
  }

  @Test(
    "A malformed number",
    arguments: [
      ("+1", "+", JSONNumberRule.beginsWithDigitOrMinus, 0), (".5", ".", .beginsWithDigitOrMinus, 0),
      ("-.5", "-.", .digitAfterMinus, 1), ("- 1", "- ", .digitAfterMinus, 1), ("01", "01", .noLeadingZero, 1),
      ("-00", "-00", .noLeadingZero, 2), ("1.", "1.,", .digitAfterPoint, 2),
      ("1.e5", "1.e", .digitAfterPoint, 2),
      ("1e", "1e,", .digitInExponent, 2), ("1e+", "1e+,", .digitInExponent, 3),
      ("1E-x", "1E-x", .digitInExponent, 3),
    ])
  func malformedNumber(number: String, text: String, rule: JSONNumberRule, offset: Int) {
    for name in ["data", "list"] {
      let expected = JSONError.malformedNumber(
        text: text, rule: rule, path: path(.member(name), .element(1)), offset: 11 + offset)
      expect("{\"\(name)\":[7,\(number),8]}", expected)
    }
  }

  @Test func `A number that is too long`() {
    let limits = JSONLimits(maxNumberBytes: 4)
    expect(
      "{\"data\":[1234,-1234]}",
      .numberTooLong(maxBytes: 4, path: path(.member("data"), .element(1)), offset: 14), limits: limits)
    expect("[12.25]", .numberTooLong(maxBytes: 4, path: path(.element(0)), offset: 1), limits: limits)
  }

  @Test(
    "A number out of range",
    arguments: [
      "1e39", "-1e400", "3.4028236e38", "340282356779733661637539395458142568448", "1e99999999999999999999",
    ])
  func numberOutOfRange(number: String) {
    let excerpt = number.prefix(32) + (number.count > 32 ? "…" : "")
    expect(
      "{\"data\":[0,\(number)]}",
      .numberOutOfRange(
        text: String(excerpt), range: .float32, path: path(.member("data"), .element(1)), offset: 11))
  }

  @Test func `A number of the tree out of range`() {
    expect(
      "[1e39,1e400]", .numberOutOfRange(text: "1e400", range: .float64, path: path(.element(1)), offset: 6))
  }

  @Test func `A control character in a string`() {
    expect("[\"a\nb\"]", .controlCharacter(0x0A, path: path(.element(0)), offset: 3))
    expect("{\"\0\":1}", .controlCharacter(0, path: path(), offset: 2))
  }

  @Test func `An escape that is none`() {
    expect(#"["\x"]"#, .invalidEscape("\\x", path: path(.element(0)), offset: 2))
    expect(#"["a\u00g0"]"#, .invalidEscape("\\u00g", path: path(.element(0)), offset: 3))
    expect(#"["\u"]"#, .invalidEscape("\\u\"", path: path(.element(0)), offset: 2))
  }

  @Test func `Half a surrogate pair`() {
    expect(#""\uD83D""#, .loneSurrogate(0xD83D, path: path(), offset: 1))
    expect(#""\uDE00""#, .loneSurrogate(0xDE00, path: path(), offset: 1))
    expect(#""\uD83D\n""#, .loneSurrogate(0xD83D, path: path(), offset: 1))
    expect(#""\uD83D\uD83D""#, .loneSurrogate(0xD83D, path: path(), offset: 1))
    expect(#""x\uD83Dx""#, .loneSurrogate(0xD83D, path: path(), offset: 2))
  }

  @Test(
    "Bytes that are not UTF-8",
    arguments: [
      ([0x80], 0), ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0), ([0xC3, 0x28], 1), ([0xE0, 0x9F, 0xBF], 1),
      ([0xED, 0xA0, 0x80], 1), ([0xE2, 0x82, 0x22], 2), ([0xF0, 0x8F, 0xBF, 0xBF], 1),
      ([0xF4, 0x90, 0x80, 0x80], 1), ([0xF5, 0x80], 0), ([0xFF], 0), ([0xF0, 0x9F, 0x98, 0x5C], 3),
    ] as [([UInt8], Int)])
  func invalidUTF8(bytes: [UInt8], offset: Int) {
    let outcome = readEveryWay(Array("[\"é".utf8) + bytes + Array("\"]".utf8))
    #expect(outcome == .failure(.invalidUTF8(bytes[offset], path: path(.element(0)), offset: 4 + offset)))
  }

  @Test func `Rows of different lengths`() {
    let data = JSONPath.Step.member("data")
    expect(
      "{\"data\":[[[1,2],[3,4]],[[5,6],[7]]]}",
      .raggedArray(found: 1, expected: 2, path: path(data, .element(1), .element(1)), offset: 32))
    expect(
      "{\"data\":[[1],[2,3]]}",
      .raggedArray(found: 2, expected: 1, path: path(data, .element(1)), offset: 17))
    expect(
      "{\"data\":[[1],[]]}", .raggedArray(found: 0, expected: 1, path: path(data, .element(1)), offset: 14))
    expect(
      "{\"data\":[[],[1]]}", .raggedArray(found: 1, expected: 0, path: path(data, .element(1)), offset: 14))
    expect(
      "{\"data\":[[[1]],[]]}", .raggedArray(found: 0, expected: 1, path: path(data, .element(1)), offset: 16))
  }

  /// Rows beyond the first are read in runs.
  @Test(arguments: 1...4)
  func `A row of another length among many, whichever it is`(row: Int) {
    let rows = (0..<5).map { Array(repeating: "-0.12345678", count: $0 == row ? 6 : 7).joined(separator: ",") }
    let text = "{\"data\":[[\(rows.joined(separator: "],["))]],\"next\":\"a long text that stands behind\"}"
    let end = 10 + row * (7 * 12 + 2) + 6 * 12 - 1
    expect(
      text,
      .raggedArray(found: 6, expected: 7, path: path(.member("data"), .element(row)), offset: end))
  }

  @Test func `A fault in the midst of many numbers is told by its place`() {
    let many = Array(repeating: "0.25", count: 100).joined(separator: ",")
    let start = 9 + many.utf8.count + 1
    let place = path(.member("data"), .element(100))
    for (fault, error) in [
      ("01", JSONError.malformedNumber(text: "01", rule: .noLeadingZero, path: place, offset: start + 1)),
      ("00.5", .malformedNumber(text: "00", rule: .noLeadingZero, path: place, offset: start + 1)),
      ("-.5", .malformedNumber(text: "-.", rule: .digitAfterMinus, path: place, offset: start + 1)),
      ("1.,", .malformedNumber(text: "1.,", rule: .digitAfterPoint, path: place, offset: start + 2)),
      ("1.5e", .malformedNumber(text: "1.5e,", rule: .digitInExponent, path: place, offset: start + 4)),
      (
        "1.5.",
        .unexpectedByte(found: 0x2E, expected: .commaOrEndOfArray, path: path(.member("data")), offset: start + 3)
      ),
      ("1e39", .numberOutOfRange(text: "1e39", range: .float32, path: place, offset: start)),
      ("-1e400", .numberOutOfRange(text: "-1e400", range: .float32, path: place, offset: start)),
      ("[1]", .arrayAmongNumbers(path: place, offset: start)),
      (",", .unexpectedByte(found: 0x2C, expected: .value, path: path(.member("data")), offset: start)),
    ] {
      expect("{\"data\":[\(many),\(fault),\(many)]}", error)
    }
  }

  @Test func `Brackets without end are refused at once`() {
    let bomb = "{\"data\":" + String(repeating: "[", count: 100_000)
    let place = JSONPath([.member("data")] + Array(repeating: .element(0), count: TensorLimits().maxRank))
    #expect(
      read(Array(bomb.utf8))
        == .failure(
          .rankTooHigh(maxRank: TensorLimits().maxRank, path: place, offset: 8 + TensorLimits().maxRank)))
    let objects = String(repeating: "{\"a\":", count: 100_000)
    #expect(
      read(Array(objects.utf8))
        == .failure(
          .tooDeep(
            maxDepth: 64, path: JSONPath(Array(repeating: .member("a"), count: 64)), offset: 64 * 5)))
  }

  @Test func `A number beside arrays`() {
    expect("{\"data\":[[1],2]}", .numberAmongArrays(path: path(.member("data"), .element(1)), offset: 13))
    expect("{\"data\":[[],2]}", .numberAmongArrays(path: path(.member("data"), .element(1)), offset: 12))
  }

  @Test func `An array beside numbers`() {
    expect("{\"data\":[1,[2]]}", .arrayAmongNumbers(path: path(.member("data"), .element(1)), offset: 11))
    expect(
      "{\"data\":[[],[[]]]}",
      .arrayAmongNumbers(path: path(.member("data"), .element(1), .element(0)), offset: 13))
  }

  @Test(
    "Another value among numbers",
    arguments: [
      ("null", JSONKind.null), ("true", .bool), ("false", .bool), ("\"1\"", .string), ("{}", .object),
    ])
  func notANumber(value: String, kind: JSONKind) {
    expect(
      "{\"data\":[[1,\(value)]]}",
      .notANumber(found: kind, path: path(.member("data"), .element(0), .element(1)), offset: 12))
  }

  @Test func `A tensor of too many axes`() {
    expect(
      "{\"data\":[[[1]]]}",
      .rankTooHigh(maxRank: 2, path: path(.member("data"), .element(0), .element(0)), offset: 10),
      limits: JSONLimits(tensor: TensorLimits(maxRank: 2)))
  }

  @Test func `A tensor of too many elements`() {
    let limits = JSONLimits(tensor: TensorLimits(maxElements: 3))
    let fourth = JSONError.tooManyElements(
      maxElements: 3, path: path(.member("data"), .element(1), .element(1)), offset: 18)
    expect("{\"data\":[[1,2],[3,4,x", fourth, limits: limits)
    expect(
      "{\"data\":[[],[],[],[]]}", .tooManyElements(maxElements: 3, path: path(.member("data")), offset: 20),
      limits: limits)
  }

  @Test func `Sentences name the place, what was found, and the rule`() {
    let data = path(.member("input"), .member("data"), .element(1), .element(2))
    #expect(
      JSONError.raggedArray(found: 3, expected: 4, path: data, offset: 99).description
        == "input.data[1][2] has 3 elements where its neighbours have 4 (it ends at byte 99)")
    #expect(
      JSONError.nonFiniteLiteral("NaN", path: data, offset: 9).description
        == "input.data[1][2] is NaN (byte 9): JSON has no such literal, numbers are finite")
    #expect(
      JSONError.unexpectedByte(found: 0x0B, expected: .value, path: path(), offset: 2).description
        == "byte 0x0B at byte 2, in the document: a value is expected there")
  }

  @Test func `Sentences stay short and without control characters`() {
    let name = String(repeating: "x\u{1B}\u{202E}", count: 10_000)
    let sentence = JSONError.duplicateName(name, path: path(.member(name)), offset: 0).description
    #expect(sentence.count < 2500)
    #expect(!sentence.unicodeScalars.contains("\u{1B}") && !sentence.unicodeScalars.contains("\u{202E}"))
  }

  @Test func `The field is told where there is one`() {
    #expect(JSONError.trailingComma(path: path(.member("a")), offset: 1).path == path(.member("a")))
    #expect(JSONError.trailingComma(path: path(), offset: 1).path == nil)
    #expect(JSONError.emptyDocument.path == nil)
  }
}
