extension [UInt8] {
  /// Appends text as UTF-8. `+= text.utf8` goes through the general way for sequences, which takes three times as long
  /// for the short pieces that heads consist of.
  mutating func append(text: String) {
    var text = text
    text.withUTF8 { append(contentsOf: $0) }
  }

  /// Appends text that is known beforehand.
  mutating func append(text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends a number that is not negative, in decimal.
  mutating func append(decimal number: Int) {
    var divisor = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      append(ASCII.zero + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }
}
