/// Why bytes are not a JSON document that this reader takes. Offsets count bytes from the document's
/// beginning.
package enum JSONError: Error, Equatable {
  // The document as a whole.

  /// Nothing but blanks.
  case emptyDocument
  /// U+FEFF before the document; RFC 8259 §8.1 forbids to send it.
  case byteOrderMark
  /// The bytes end before the document does.
  case unexpectedEnd(path: JSONPath, offset: Int)
  /// A byte after the document that is not a blank.
  case trailingBytes(found: UInt8, offset: Int)

  // Structure (RFC 8259 §2 to §5).

  case unexpectedByte(found: UInt8, expected: JSONExpectation, path: JSONPath, offset: Int)
  case trailingComma(path: JSONPath, offset: Int)
  case comment(path: JSONPath, offset: Int)
  /// `NaN`, `Infinity` and their like.
  case nonFiniteLiteral(String, path: JSONPath, offset: Int)
  /// A word that is none of true, false, null.
  case unknownWord(String, path: JSONPath, offset: Int)
  /// Two members of one object, which `path` names, have the same name.
  case duplicateName(String, path: JSONPath, offset: Int)
  case tooDeep(maxDepth: Int, path: JSONPath, offset: Int)
  /// The values outside of number arrays are too large together.
  case treeTooLarge(maxBytes: Int, path: JSONPath, offset: Int)

  // Numbers (RFC 8259 §6). Texts are cut after 32 bytes.

  /// `text` reaches to the byte at fault, which stands at `offset`.
  case malformedNumber(text: String, rule: JSONNumberRule, path: JSONPath, offset: Int)
  case numberTooLong(maxBytes: Int, path: JSONPath, offset: Int)
  case numberOutOfRange(text: String, range: JSONNumberRange, path: JSONPath, offset: Int)

  // Strings (RFC 8259 §7).

  case controlCharacter(UInt8, path: JSONPath, offset: Int)
  case invalidEscape(String, path: JSONPath, offset: Int)
  case loneSurrogate(UInt16, path: JSONPath, offset: Int)
  case invalidUTF8(UInt8, path: JSONPath, offset: Int)

  // Arrays of numbers.

  /// The array at `path` is not as long as those beside it.
  case raggedArray(found: Int, expected: Int, path: JSONPath, offset: Int)
  case numberAmongArrays(path: JSONPath, offset: Int)
  case arrayAmongNumbers(path: JSONPath, offset: Int)
  case notANumber(found: JSONKind, path: JSONPath, offset: Int)
  case rankTooHigh(maxRank: Int, path: JSONPath, offset: Int)
  case tooManyElements(maxElements: Int, path: JSONPath, offset: Int)
}

/// What the grammar allows at a place.
package enum JSONExpectation: Sendable, Equatable {
  case value, valueOrEndOfArray, commaOrEndOfArray
  case name, nameOrEndOfObject, colon, commaOrEndOfObject

  /// With the article: `a value`.
  var phrase: String {
    switch self {
    case .value: "a value"
    case .valueOrEndOfArray: "a value or ']'"
    case .commaOrEndOfArray: "',' or ']'"
    case .name: "a name in double quotes"
    case .nameOrEndOfObject: "a name in double quotes or '}'"
    case .colon: "':'"
    case .commaOrEndOfObject: "',' or '}'"
    }
  }
}

/// The rule that a malformed number breaks.
package enum JSONNumberRule: Sendable, Equatable {
  case beginsWithDigitOrMinus, digitAfterMinus, noLeadingZero, digitAfterPoint, digitInExponent

  /// A sentence without its full stop.
  var phrase: String {
    switch self {
    case .beginsWithDigitOrMinus: "a number begins with a digit or '-'"
    case .digitAfterMinus: "a digit must follow '-'"
    case .noLeadingZero: "no digit may follow a leading 0"
    case .digitAfterPoint: "a digit must follow '.'"
    case .digitInExponent: "an exponent must have a digit"
    }
  }
}

/// The floating-point type whose range a number must not leave.
package enum JSONNumberRange: String, Sendable, Equatable { case float32, float64 }

/// A kind of value where a number was due.
package enum JSONKind: String, Sendable, Equatable { case null, bool, string, object }

extension JSONError {
  /// The field concerned; nil if it is the document as a whole.
  package var path: JSONPath? {
    switch self {
    case .emptyDocument, .byteOrderMark, .trailingBytes:
      nil
    case .unexpectedEnd(let path, _), .unexpectedByte(_, _, let path, _), .trailingComma(let path, _),
      .comment(let path, _), .nonFiniteLiteral(_, let path, _), .unknownWord(_, let path, _),
      .duplicateName(_, let path, _), .tooDeep(_, let path, _), .treeTooLarge(_, let path, _),
      .malformedNumber(_, _, let path, _), .numberTooLong(_, let path, _),
      .numberOutOfRange(_, _, let path, _),
      .controlCharacter(_, let path, _), .invalidEscape(_, let path, _), .loneSurrogate(_, let path, _),
      .invalidUTF8(_, let path, _), .raggedArray(_, _, let path, _), .numberAmongArrays(let path, _),
      .arrayAmongNumbers(let path, _), .notANumber(_, let path, _), .rankTooHigh(_, let path, _),
      .tooManyElements(_, let path, _):
      path.steps.isEmpty ? nil : path
    }
  }
}

extension JSONError {
  /// The error for a byte that the grammar does not allow.
  static func unexpected(
    _ byte: UInt8, expected: JSONExpectation, path: JSONPath, at offset: Int
  ) -> JSONError {
    byte == UInt8(ascii: "/")
      ? .comment(path: path, offset: offset)
      : .unexpectedByte(found: byte, expected: expected, path: path, offset: offset)
  }

  /// The error for `+1` and `.5`.
  static func malformedNumberStart(_ byte: UInt8, path: JSONPath, at offset: Int) -> JSONError {
    let text = String(decoding: [byte], as: UTF8.self)
    return .malformedNumber(text: text, rule: .beginsWithDigitOrMinus, path: path, offset: offset)
  }
}
