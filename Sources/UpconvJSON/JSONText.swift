/// Appends the text of single values to bytes that become a JSON document.
package enum JSONText {
  /// Appends the string in quotes. Quotes, backslashes and control characters are escaped, all else stays
  /// UTF-8.
  package static func append(_ string: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
      case 0x08: output += "\\b".utf8
      case 0x09: output += "\\t".utf8
      case 0x0A: output += "\\n".utf8
      case 0x0C: output += "\\f".utf8
      case 0x0D: output += "\\r".utf8
      case ..<0x20:
        output += "\\u00".utf8
        output += [hexDigit(byte >> 4), hexDigit(byte & 0xF)]
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  /// Appends the shortest text that reads back as the same float32; integers below 2^24 without a fraction.
  /// - Returns: false, with nothing appended, where the number is not finite: JSON has no text for it.
  package static func append(_ number: Float, to output: inout [UInt8]) -> Bool {
    guard number.isFinite else { return false }
    withUnsafeTemporaryAllocation(byteCount: maxFloatBytes, alignment: 1) { room in
      let end = write(number, to: room.baseAddress!)
      output += UnsafeRawBufferPointer(rebasing: room[..<(end - room.baseAddress!)])
    }
    return true
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 - 10 + value }
}

// Into raw memory.
extension JSONText {
  /// What `write` needs at most: sign, nine digits, point, exponent are 15 bytes.
  static let maxFloatBytes = 24

  /// Writes a finite number to memory that has room for `maxFloatBytes`; answers the end of the text.
  @inline(__always)
  static func write(_ number: Float, to start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    // Every float32 below 2^24 fits an Int32. The bits tell -0 from 0, which an integer cannot.
    if number.magnitude < 0x1p24, number.bitPattern != 0x8000_0000 {
      let integer = Int32(number)
      if Float(integer) == number { return write(integer, to: start) }
    }
    var text = number.description
    return text.withUTF8 { bytes in
      start.copyMemory(from: UnsafeRawPointer(bytes.baseAddress!), byteCount: min(bytes.count, maxFloatBytes))
      return start + min(bytes.count, maxFloatBytes)
    }
  }

  /// Writes an integer of at most eight digits.
  @inline(__always)
  private static func write(_ integer: Int32, to start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    var cursor = start
    if integer < 0 {
      cursor.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
      cursor += 1
    }
    var rest = integer.magnitude
    var digits = 1
    var limit: UInt32 = 10
    while rest >= limit, digits < 9 {
      digits += 1
      limit &*= 10
    }
    let end = cursor + digits
    cursor = end
    repeat {
      cursor -= 1
      cursor.storeBytes(of: 0x30 &+ UInt8(truncatingIfNeeded: rest % 10), as: UInt8.self)
      rest /= 10
    } while rest > 0
    return end
  }
}
