/// Writes the few kinds of protobuf fields that event files have (docs/dependencies.md says why not by a library).
/// - Source: Protocol Buffers, encoding.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  mutating func field(_ number: Int, double value: Double) {
    tag(number, .fixed64)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func field(_ number: Int, float value: Float) {
    tag(number, .fixed32)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  /// An `int32`, `int64`, `bool` or enumeration; a negative one takes ten bytes.
  mutating func field(_ number: Int, integer value: Int) {
    tag(number, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func field(_ number: Int, string value: String) { field(number, bytes: Array(value.utf8)) }

  mutating func field(_ number: Int, bytes value: [UInt8]) {
    tag(number, .lengthDelimited)
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func field(_ number: Int, message: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    message(&inner)
    field(number, bytes: inner.bytes)
  }

  /// Packed, as proto3 has repeated numbers.
  mutating func field(_ number: Int, doubles values: [Double]) {
    var packed: [UInt8] = []
    packed.reserveCapacity(values.count * 8)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { packed += $0 } }
    field(number, bytes: packed)
  }

  /// Packed.
  mutating func field(_ number: Int, integers values: [Int]) {
    var packed = ProtobufWriter()
    for value in values { packed.varint(UInt64(bitPattern: Int64(value))) }
    field(number, bytes: packed.bytes)
  }

  private mutating func tag(_ number: Int, _ type: WireType) { varint(UInt64(number) << 3 | type.rawValue) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
