import Glibc

extension UnsafeRawBufferPointer {
  /// Whether both have the same octets.
  func isSame(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let start = baseAddress, let otherStart = other.baseAddress else { return true }
    return memcmp(start, otherStart, count) == 0
  }

  /// Whether the first octets are those of `text`; false if there are fewer.
  package func hasPrefix(_ text: StaticString) -> Bool {
    UnsafeRawBufferPointer(rebasing: prefix(text.utf8CodeUnitCount)).isSame(as: text.octets)
  }

  /// Whether the last octets are those of `text`; false if there are fewer.
  package func hasSuffix(_ text: StaticString) -> Bool {
    UnsafeRawBufferPointer(rebasing: suffix(text.utf8CodeUnitCount)).isSame(as: text.octets)
  }
}

extension StaticString {
  fileprivate var octets: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
