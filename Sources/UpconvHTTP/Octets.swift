import Glibc

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
}

extension UnsafeRawBufferPointer {
  package func hasPrefix(_ text: StaticString) -> Bool {
    UnsafeRawBufferPointer(rebasing: prefix(text.utf8CodeUnitCount)).isSame(
      as: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  package func hasSuffix(_ text: StaticString) -> Bool {
    UnsafeRawBufferPointer(rebasing: suffix(text.utf8CodeUnitCount)).isSame(
      as: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether both have the same octets.
  func isSame(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let start = baseAddress, let otherStart = other.baseAddress else { return true }
    return memcmp(start, otherStart, count) == 0
  }
}
