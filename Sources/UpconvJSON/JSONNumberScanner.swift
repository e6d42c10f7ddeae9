/// The grammar of a number (RFC 8259 §6), one byte at a time, so that a number may be split anywhere.
struct JSONNumberScanner {
  private enum State {
    case begin, minus, zero, integer, point, fraction, exponent, exponentSign, exponentDigits
  }

  /// What a byte means to the number before it.
  enum Step {
    /// It belongs to the number.
    case taken
    /// The number is whole without it.
    case ended
    /// A letter after a minus: this is no number but a word such as `-Infinity`.
    case word
    case broken(JSONNumberRule)
  }

  private var state = State.begin

  /// Moves on by one byte where the byte belongs to the number.
  mutating func take(_ byte: UInt8) -> Step {
    let isDigit = (0x30...0x39).contains(byte)
    switch state {
    case .begin where byte == UInt8(ascii: "-"): state = .minus
    case .begin, .minus:
      guard isDigit else {
        if state == .begin { return .broken(.beginsWithDigitOrMinus) }
        return byte.isASCIILetter ? .word : .broken(.digitAfterMinus)
      }
      state = byte == UInt8(ascii: "0") ? .zero : .integer
    case .zero where isDigit: return .broken(.noLeadingZero)
    case .integer where isDigit: break
    case .zero, .integer:
      if byte == UInt8(ascii: ".") { state = .point } else { return exponent(byte) }
    case .point:
      guard isDigit else { return .broken(.digitAfterPoint) }
      state = .fraction
    case .fraction where isDigit: break
    case .fraction: return exponent(byte)
    case .exponent where byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"): state = .exponentSign
    case .exponent, .exponentSign:
      guard isDigit else { return .broken(.digitInExponent) }
      state = .exponentDigits
    case .exponentDigits:
      guard isDigit else { return .ended }
    }
    return .taken
  }

  /// Whether the bytes taken so far are a number.
  var isWhole: Bool {
    switch state {
    case .zero, .integer, .fraction, .exponentDigits: true
    case .begin, .minus, .point, .exponent, .exponentSign: false
    }
  }

  private mutating func exponent(_ byte: UInt8) -> Step {
    guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return .ended }
    state = .exponent
    return .taken
  }
}

extension UInt8 {
  var isASCIILetter: Bool { (0x61...0x7A).contains(self | 0x20) }

  /// One of the four blanks of RFC 8259 §2.
  var isJSONBlank: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
