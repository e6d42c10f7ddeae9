extension JSONError: CustomStringConvertible {
  /// A sentence for the person who sent the document: the place, what was found there, the rule.
  package var description: String {
    switch self {
    case .emptyDocument:
      "the JSON document is empty"
    case .byteOrderMark:
      "the JSON document begins with a byte order mark, which JSON does not allow"
    case .unexpectedEnd(let path, let offset):
      "the JSON document ends at byte \(offset), inside \(place(path))"
    case .trailingBytes(let found, let offset):
      "\(quotedByte(found)) at byte \(offset) follows the JSON document; only blanks may"
    case .unexpectedByte(let found, let expected, let path, let offset):
      "\(quotedByte(found)) at byte \(offset), in \(place(path)): \(expected.phrase) is expected there"
    case .trailingComma(let path, let offset):
      "a comma before byte \(offset) ends \(place(path)): JSON has no trailing commas"
    case .comment(let path, let offset):
      "'/' at byte \(offset), in \(place(path)): JSON has no comments"
    case .nonFiniteLiteral(let word, let path, let offset):
      "\(place(path)) is \(printable(word)) (byte \(offset)): JSON has no such literal, numbers are finite"
    case .unknownWord("version", _, 0):
      "the text begins with the word version: a Git LFS pointer does, and git lfs pull brings the file itself"
    case .unknownWord(let word, let path, let offset):
      "\(place(path)) is \(printable(word)) (byte \(offset)): the only words of JSON are true, false and null"
    case .duplicateName(let member, let path, let offset):
      "\(place(path)) has two members '\(printable(member))', the second at byte \(offset): names must differ"
    case .tooDeep(let maxDepth, let path, let offset):
      "\(place(path)) opens one array or object too many at byte \(offset): at most \(maxDepth) may be nested"
    case .treeTooLarge(let maxBytes, let path, let offset):
      """
      \(place(path)), at byte \(offset), makes the document too large: all that is no array of numbers for a \
      tensor may have \(maxBytes) bytes
      """
    case .malformedNumber(let text, let rule, let path, let offset):
      "\(place(path)) is the malformed number '\(printable(text))' (byte \(offset)): \(rule.phrase)"
    case .numberTooLong(let maxBytes, let path, let offset):
      "\(place(path)) is a number of more than \(maxBytes) bytes (byte \(offset)), which is the limit"
    case .numberOutOfRange(let text, let range, let path, let offset):
      "\(place(path)) is \(printable(text)) (byte \(offset)), which is out of \(range.rawValue)'s range"
    case .controlCharacter(let byte, let path, let offset):
      "\(quotedByte(byte)) at byte \(offset), in a string in \(place(path)): control characters must be escaped"
    case .invalidEscape(let text, let path, let offset):
      "'\(printable(text))' at byte \(offset), in a string in \(place(path)), is not an escape of JSON"
    case .loneSurrogate(let unit, let path, let offset):
      """
      '\\u\(hex(unit, digits: 4))' at byte \(offset), in a string in \(place(path)), is half of a surrogate \
      pair: the other half is missing
      """
    case .invalidUTF8(let byte, let path, let offset):
      "\(quotedByte(byte)) at byte \(offset), in a string in \(place(path)), is not valid UTF-8"
    case .raggedArray(let found, let expected, let path, let offset):
      "\(place(path)) has \(found) element\(found == 1 ? "" : "s") where its neighbours have \(expected) (it ends at byte \(offset))"
    case .numberAmongArrays(let path, let offset):
      "\(place(path)) is a number where its neighbours are arrays (byte \(offset))"
    case .arrayAmongNumbers(let path, let offset):
      "\(place(path)) is an array where the arrays before it have numbers or nothing (byte \(offset))"
    case .notANumber(let found, let path, let offset):
      "\(place(path)) is \(noun(found)) (byte \(offset)): only numbers and arrays of them are allowed there"
    case .rankTooHigh(let maxRank, let path, let offset):
      "\(place(path)) is an array too deep (byte \(offset)): a tensor has at most \(maxRank) axes"
    case .tooManyElements(let maxElements, let path, let offset):
      "\(place(path)) is one element too many (byte \(offset)): a tensor has at most \(maxElements)"
    }
  }
}

/// A path as a sentence names it, of bounded length.
private func place(_ path: JSONPath) -> String {
  path.steps.isEmpty ? "the document" : printable(path.description, maxScalars: 160)
}

private func noun(_ kind: JSONKind) -> String {
  switch kind {
  case .null: "null"
  case .bool: "true or false"
  case .string: "a string"
  case .object: "an object"
  }
}

/// `'x'` where the byte can be seen, else `byte 0x1F`.
private func quotedByte(_ byte: UInt8) -> String {
  (0x21...0x7E).contains(byte)
    ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(hex(UInt16(byte), digits: 2))"
}

private func hex(_ value: UInt16, digits: Int) -> String {
  let text = String(value, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

/// The text without control characters, cut where it is long: it goes into somebody's terminal or log.
private func printable(_ text: String, maxScalars: Int = 48) -> String {
  var result = ""
  var scalars = text.unicodeScalars.makeIterator()
  for _ in 0..<maxScalars {
    guard let scalar = scalars.next() else { return result }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator:
      result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    default:
      result.unicodeScalars.append(scalar)
    }
  }
  return scalars.next() == nil ? result : result + "…"
}
