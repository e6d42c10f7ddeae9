/// The fields that decide how a request is read, and so are looked at in every head.
enum FramingField {
  case host, expect, connection, contentType, contentLength, transferEncoding

  /// By `name`, in any case; nil for all other fields.
  init?(_ name: Slice<UnsafeRawBufferPointer>) {
    let (field, spelling): (FramingField, StaticString) =
      switch name.count {
      case 4: (.host, "host")
      case 6: (.expect, "expect")
      case 10: (.connection, "connection")
      case 12: (.contentType, "content-type")
      case 14: (.contentLength, "content-length")
      case 17: (.transferEncoding, "transfer-encoding")
      default: (.host, "")
      }
    guard name.equalsIgnoringCase(spelling) else { return nil }
    self = field
  }
}

extension Slice<UnsafeRawBufferPointer> {
  /// Whether these octets are `text`.
  func isExactly(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    let octets = UnsafeRawBufferPointer(rebasing: self)
    for offset in 0..<octets.count where octets[offset] != text.utf8Start[offset] { return false }
    return true
  }

  /// Whether these octets are `text`, which is in lower case, in any case.
  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    let octets = UnsafeRawBufferPointer(rebasing: self)
    for offset in 0..<octets.count where octets[offset].inLowerCase != text.utf8Start[offset] { return false }
    return true
  }
}
