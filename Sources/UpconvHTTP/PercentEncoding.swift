/// Percent-encoding (RFC 3986 §2.1), undone once.
enum PercentEncoding {
  /// The text that `bytes` encode.
  ///
  /// `nil` when an escape is not `%` and two hex digits, stands for NUL, or when the octets are not UTF-8 in
  /// its shortest form: a text has one spelling or none.
  static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
    var octets: [UInt8] = []
    octets.reserveCapacity(bytes.count)
    var iterator = bytes.makeIterator()
    while let byte = iterator.next() {
      if byte == ASCII.percent {
        guard let high = iterator.next()?.hexValue, let low = iterator.next()?.hexValue else { return nil }
        let octet = high << 4 | low
        guard octet != 0 else { return nil }
        octets.append(octet)
      } else {
        octets.append(plusIsSpace && byte == ASCII.plus ? ASCII.space : byte)
      }
    }
    return String(validating: octets, as: UTF8.self)
  }
}
