import CDecimal

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

  /// Appends text that is known beforehand, as it stands.
  package static func append(literal text: StaticString, to output: inout [UInt8]) {
    output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends the shortest text that reads back as the same float32, of these the nearest to it; integers up to 2^24
  /// without a fraction.
  /// - Returns: false, with nothing appended, where the number is not finite: JSON has no text for it.
  package static func append(
    _ number: Float, to output: inout [UInt8], by instructions: DecimalInstructions = .current
  ) -> Bool {
    guard number.isFinite else { return false }
    let room = Int(UPCONV_DECIMAL_BYTES + UPCONV_DECIMAL_SLACK)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { room in
      guard let start = room.baseAddress else { return }
      let end = withUnsafePointer(to: number) { instructions.functions.write($0, 1, 1, 0, start) }
      output += UnsafeBufferPointer(start: start, count: end.map { $0 - start } ?? 0)
    }
    return true
  }

  package static func append(_ integer: Int, to output: inout [UInt8]) {
    let magnitude = integer.magnitude
    if integer < 0 { output.append(UInt8(ascii: "-")) }
    var divisor: UInt = 1
    while magnitude / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      output.append(0x30 + UInt8(magnitude / divisor % 10))
      divisor /= 10
    }
  }

  /// Appends `[3,8,8,4]`.
  package static func append(_ integers: [Int], to output: inout [UInt8]) {
    output.append(UInt8(ascii: "["))
    for (index, integer) in integers.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      append(integer, to: &output)
    }
    output.append(UInt8(ascii: "]"))
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 - 10 + value }
}
