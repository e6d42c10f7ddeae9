/// Which trace a request belongs to, and which span of it called us.
/// - Source: W3C Trace Context, §3.2 (traceparent).
package struct TraceContext: Sendable, Equatable {
  /// 16 bytes, not all zero.
  package let traceIdentity: [UInt8]
  /// 8 bytes, not all zero: the caller's span.
  package let parentSpan: [UInt8]
  /// Whether the caller records the trace.
  package let isSampled: Bool

  /// The trace's identity in hexadecimal.
  package var traceText: String { hexadecimal(traceIdentity) }

  /// Reads a field's value: `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`, in lower case. Higher versions may go
  /// on behind a `-`. nil for anything else: such a field is passed over (§2.2.4 of the processing model).
  package init?(traceparent value: String) {
    let bytes = Array(value.utf8)
    guard bytes.count >= 55, bytes[2] == UInt8(ascii: "-"), bytes[35] == UInt8(ascii: "-"),
      bytes[52] == UInt8(ascii: "-"), let version = TraceContext.bytes(bytes[0..<2]), version != [0xFF],
      let trace = TraceContext.bytes(bytes[3..<35]), let span = TraceContext.bytes(bytes[36..<52]),
      let flags = TraceContext.bytes(bytes[53..<55])
    else { return nil }
    guard bytes.count == 55 || (version != [0] && bytes[55] == UInt8(ascii: "-")) else { return nil }
    guard trace.contains(where: { $0 != 0 }), span.contains(where: { $0 != 0 }) else { return nil }
    traceIdentity = trace
    parentSpan = span
    isSampled = flags[0] & 1 == 1
  }

  private static func bytes(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      let value: UInt8
      switch digit {
      case 0x30...0x39: value = digit - 0x30
      case 0x61...0x66: value = digit - 0x61 + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}

/// Bytes in lower-case hexadecimal digits.
func hexadecimal(_ bytes: [UInt8]) -> String {
  var digits: [UInt8] = []
  for byte in bytes {
    for value in [byte >> 4, byte & 0xF] { digits.append(value < 10 ? 0x30 + value : 0x61 - 10 + value) }
  }
  return String(decoding: digits, as: UTF8.self)
}
