import CDecimal
import Glibc

/// From decimal text to the nearest float32, ties to even, rounded once.
///
/// Going through the nearest double rounds twice and is wrong now and then: the double may fall on the middle
/// between two floats although the decimal number lies beside it. `scan` therefore hands such numbers over to
/// strtof, which is slow and always right.
enum DecimalFloat {
  /// Reads the number that begins at `start` where that is quick, certain, and it ends before `end`.
  ///
  /// The value is m·10^e with an integer m of at most 19 digits, computed in double as m / 10^-e or m · 10^e.
  /// Three roundings may happen (m, the power, the result), each by half a unit in the last place, relatively
  /// 2^-53; so the double is off by less than 4 of its own units. Where it is 4 or fewer from the middle
  /// between two floats (low 29 bits 0x1000_0000), the float is not certain. Outside of the normal floats the
  /// middle lies elsewhere.
  /// - Returns: the end of the number; nil if the number is malformed, may go on, or needs `nearest`.
  @inline(__always)
  static func scan(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer, into value: inout Float
  ) -> UnsafeRawPointer? {
    var cursor = start
    let isNegative = cursor.byte == UInt8(ascii: "-")
    if isNegative { cursor += 1 }
    let integerStart = cursor
    var mantissa: UInt64 = 0
    skipDigits(&cursor, end, &mantissa)
    var digits = cursor - integerStart
    guard digits > 0, cursor < end, digits == 1 || integerStart.byte != UInt8(ascii: "0") else { return nil }

    var exponent = 0
    if cursor.byte == UInt8(ascii: ".") {
      cursor += 1
      let fractionStart = cursor
      skipDigits(&cursor, end, &mantissa)
      let fractionDigits = cursor - fractionStart
      guard fractionDigits > 0, cursor < end else { return nil }
      digits += fractionDigits
      exponent = -fractionDigits
    }
    if digits > 19 {
      digits -= leadingZeros(from: integerStart, to: cursor)
      guard digits <= 19 else { return nil }
    }
    if cursor.byte | 0x20 == UInt8(ascii: "e") {
      cursor += 1
      guard let written = scanExponent(&cursor, end) else { return nil }
      exponent += written
    }
    guard let magnitude = magnitude(mantissa, exponent) else { return nil }
    value = isNegative ? -magnitude : magnitude
    return cursor
  }

  /// The nearest float32 to a well-formed number; infinite if the number is out of range.
  ///
  /// strtof rounds correctly in glibc. It reads the decimal point of the locale, which is "." in every
  /// program that does not call setlocale, and this one does not.
  static func nearest(to text: [UInt8]) -> Float {
    withCString(text) { start in
      let end = UnsafeRawPointer(start) + text.count
      var value: Float = 0
      // The zero behind the text ends the number.
      if scan(from: UnsafeRawPointer(start), to: end + 1, into: &value) == end { return value }
      return strtof(start, nil)
    }
  }

  /// The nearest double to a well-formed number; infinite if the number is out of range.
  static func nearestDouble(to text: [UInt8]) -> Double {
    // Shapes and options are short integers, which are exact.
    if text.count <= 15, let integer = integer(text) { return Double(integer) }
    return withCString(text) { strtod($0, nil) }
  }

  /// Digits alone. At most 18 of them.
  private static func integer(_ text: [UInt8]) -> Int? {
    var value = 0
    for byte in text {
      guard 0x30...0x39 ~= byte else { return nil }
      value = 10 * value + Int(byte - 0x30)
    }
    return value
  }

  private static func withCString<Value>(_ text: [UInt8], _ body: (UnsafePointer<CChar>) -> Value) -> Value {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { room in
      for (index, byte) in text.enumerated() { room[index] = CChar(bitPattern: byte) }
      room[text.count] = 0
      return body(UnsafePointer(room.baseAddress!))
    }
  }

  @inline(__always)
  private static func magnitude(_ mantissa: UInt64, _ exponent: Int) -> Float? {
    guard mantissa != 0 else { return 0 }
    guard let integer = Int64(exactly: mantissa) else { return nil }
    var double = Double(integer)
    let power = upconv_power_of_ten(Int(exponent.magnitude))
    guard power > 0 else { return nil }
    double = exponent < 0 ? double / power : double * power
    let beforeMiddle = (double.bitPattern & 0x1FFF_FFFF) &- (0x1000_0000 - 4)
    guard beforeMiddle > 8, double >= 0x1p-126, double <= 0x1.fffffep127 else { return nil }
    return Float(double)
  }

  @inline(__always)
  private static func skipDigits(
    _ cursor: inout UnsafeRawPointer, _ end: UnsafeRawPointer, _ mantissa: inout UInt64
  ) {
    while cursor < end {
      let digit = cursor.byte &- 0x30
      guard digit <= 9 else { return }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      cursor += 1
    }
  }

  /// Zeros before the first other digit; a point among them does not count.
  private static func leadingZeros(from start: UnsafeRawPointer, to end: UnsafeRawPointer) -> Int {
    var cursor = start
    var zeros = 0
    while cursor < end, cursor.byte == UInt8(ascii: "0") || cursor.byte == UInt8(ascii: ".") {
      if cursor.byte == UInt8(ascii: "0") { zeros += 1 }
      cursor += 1
    }
    return zeros
  }

  /// An exponent of at most three digits, after its letter; nil for any other.
  @inline(__always)
  private static func scanExponent(_ cursor: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> Int? {
    guard cursor < end else { return nil }
    let isNegative = cursor.byte == UInt8(ascii: "-")
    if isNegative || cursor.byte == UInt8(ascii: "+") { cursor += 1 }
    let start = cursor
    var magnitude: UInt64 = 0
    skipDigits(&cursor, end, &magnitude)
    guard (1...3).contains(cursor - start), cursor < end else { return nil }
    return isNegative ? 0 &- Int(magnitude) : Int(magnitude)
  }
}

extension UnsafeRawPointer {
  /// The byte that is pointed at.
  @inline(__always)
  var byte: UInt8 { load(as: UInt8.self) }

  /// Whether the byte is a digit or a minus.
  @inline(__always)
  var isNumberStart: Bool { byte &- 0x30 <= 9 || byte == UInt8(ascii: "-") }
}
