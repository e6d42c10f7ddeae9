/// Makes text that clients have chosen harmless in a log: it ends no line, moves no cursor and hides nothing.
package enum LogEscape {
  /// Whether a character may stand as it is: letters, marks, numbers, punctuation and symbols of any script, and the
  /// space. Controls of terminals, line ends of Unicode, and what changes the direction of writing are none of these.
  static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return 0x20...0x7E ~= scalar.value }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  /// A value as text has it: as it is, or in quotes where it is empty or has anything in it that could be misread.
  static func text(_ value: String) -> String {
    let needsQuotes = value.unicodeScalars.contains { scalar in
      !isPlain(scalar) || scalar == " " || scalar == "\"" || scalar == "\\" || scalar == "="
    }
    guard needsQuotes || value.isEmpty else { return value }
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"", "\\": text += "\\\(scalar)"
      case _ where isPlain(scalar): text.unicodeScalars.append(scalar)
      default: text += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return text + "\""
  }

  /// A message: as it is, but for what could be more than a message.
  static func message(_ message: String) -> String {
    message.unicodeScalars.allSatisfy(isPlain) ? message : text(message)
  }

  /// Lines for a terminal: as they are, but for what could move its cursor, hide something or change its colours.
  package static func lines(_ text: String) -> String {
    guard !text.unicodeScalars.allSatisfy({ isPlain($0) || $0 == "\n" }) else { return text }
    var escaped = ""
    for scalar in text.unicodeScalars {
      if isPlain(scalar) || scalar == "\n" {
        escaped.unicodeScalars.append(scalar)
      } else {
        escaped += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return escaped
  }

  /// A document of JSON with `\u` for what is not plain; outside of its strings there is nothing of that kind.
  static func json(_ document: [UInt8]) -> [UInt8] {
    guard !document.allSatisfy({ 0x20...0x7E ~= $0 }) else { return document }
    var escaped: [UInt8] = []
    for scalar in String(decoding: document, as: UTF8.self).unicodeScalars {
      if isPlain(scalar) {
        escaped += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      } else {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
          let digits = String(unit, radix: 16)
          escaped += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
        }
      }
    }
    return escaped
  }
}
