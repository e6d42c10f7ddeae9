/// Turns a container's bytes into float32 as they arrive; an element may be split over two calls.
package struct ElementDecoder: Sendable {
  package let type: ElementType
  package let byteOrder: ByteOrder
  /// The bytes of an element whose end has not come yet, in the order they came, lowest address first.
  private var partialBytes: UInt64 = 0
  /// Bytes of an element that is not complete; 0 between elements.
  package private(set) var partialByteCount = 0

  package init(type: ElementType, byteOrder: ByteOrder = .little) {
    self.type = type
    self.byteOrder = byteOrder
  }

  /// Appends all elements that `bytes` completes, rounded to the nearest float32.
  /// - Throws: `.tooManyElements` where the builder is full.
  package mutating func decode(
    _ bytes: UnsafeRawBufferPointer, into builder: inout TensorBuilder
  ) throws(TensorBuilderError) {
    var rest = UnsafeRawBufferPointer(rebasing: bytes[...])
    if partialByteCount > 0 {
      rest = hold(rest, upTo: type.byteCount - partialByteCount)
      guard partialByteCount == type.byteCount else { return }
      partialByteCount = 0
      try withUnsafeBytes(of: partialBytes) { (whole) throws(TensorBuilderError) in
        try append(UnsafeRawBufferPointer(rebasing: whole.prefix(type.byteCount)), to: &builder)
      }
    }
    let wholeBytes = rest.count - rest.count % type.byteCount
    try append(UnsafeRawBufferPointer(rebasing: rest.prefix(wholeBytes)), to: &builder)
    _ = hold(UnsafeRawBufferPointer(rebasing: rest.dropFirst(wholeBytes)), upTo: type.byteCount)
  }

  /// Lends the memory where the next bytes belong, at most `byteCount` of them; `write` answers how many it has written.
  /// - Returns: what `write` answered, or nil if the bytes have to be converted, or the builder has no room.
  package mutating func fill(
    _ builder: inout TensorBuilder, atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int
  ) -> Int? {
    guard type == .float32, byteOrder == .little else { return nil }
    var written: Int?
    builder.fillRoom { room in
      let memory = UnsafeMutableRawBufferPointer(room)
      let held = partialByteCount
      guard memory.count > held else { return 0 }
      // The beginning of an element is put where it belongs, and its end written behind it.
      withUnsafeBytes(of: partialBytes) { memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(held))) }
      let free = UnsafeMutableRawBufferPointer(rebasing: memory[held...].prefix(byteCount))
      let count = min(max(write(free), 0), free.count)
      written = count
      let wholeElements = (held + count) / type.byteCount
      partialByteCount = 0
      let rest = memory[(wholeElements * type.byteCount)..<(held + count)]
      _ = hold(UnsafeRawBufferPointer(rebasing: rest), upTo: type.byteCount)
      return wholeElements
    }
    return written
  }

  /// Keeps the first bytes of `bytes` for an element that goes on later; answers those that are left.
  private mutating func hold(_ bytes: UnsafeRawBufferPointer, upTo maxBytes: Int) -> UnsafeRawBufferPointer {
    let held = bytes.prefix(maxBytes)
    withUnsafeMutableBytes(of: &partialBytes) { room in
      for (offset, byte) in held.enumerated() { room[partialByteCount + offset] = byte }
    }
    partialByteCount += held.count
    return UnsafeRawBufferPointer(rebasing: bytes.dropFirst(held.count))
  }

  private func append(
    _ bytes: UnsafeRawBufferPointer, to builder: inout TensorBuilder
  ) throws(TensorBuilderError) {
    let elementCount = bytes.count / type.byteCount
    guard elementCount > 0 else { return }
    let (type, byteOrder) = (type, byteOrder)
    try builder.append(elementCount: elementCount) { room in
      switch type {
      case .float32 where byteOrder == .little: UnsafeMutableRawBufferPointer(room).copyMemory(from: bytes)
      case .float32: convert(bytes, byteOrder, room) { (bits: UInt32) in Float(bitPattern: bits) }
      case .float16: convert(bytes, byteOrder, room, float(fromFloat16:))
      case .bfloat16: convert(bytes, byteOrder, room) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
      case .float64: convert(bytes, byteOrder, room) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
      case .int8: convert(bytes, byteOrder, room) { (value: Int8) in Float(value) }
      case .uint8: convert(bytes, byteOrder, room) { (value: UInt8) in Float(value) }
      case .int16: convert(bytes, byteOrder, room) { (value: Int16) in Float(value) }
      case .uint16: convert(bytes, byteOrder, room) { (value: UInt16) in Float(value) }
      case .int32: convert(bytes, byteOrder, room) { (value: Int32) in Float(value) }
      case .uint32: convert(bytes, byteOrder, room) { (value: UInt32) in Float(value) }
      case .int64: convert(bytes, byteOrder, room) { (value: Int64) in Float(value) }
      case .uint64: convert(bytes, byteOrder, room) { (value: UInt64) in Float(value) }
      case .bool: convert(bytes, byteOrder, room) { (value: UInt8) in value == 0 ? 0 : 1 }
      }
    }
  }
}

@inline(__always)
private func convert<Bits: FixedWidthInteger & BitwiseCopyable>(
  _ bytes: UnsafeRawBufferPointer, _ byteOrder: ByteOrder, _ room: UnsafeMutableBufferPointer<Float>,
  _ toFloat: (Bits) -> Float
) {
  for index in room.indices {
    let stored = bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
    room[index] = toFloat(byteOrder == .little ? Bits(littleEndian: stored) : Bits(bigEndian: stored))
  }
}

/// IEEE 754 binary16 widened exactly; by its bits, because not every platform has Float16.
private func float(fromFloat16 bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10) & 0x1F
  let fraction = UInt32(bits & 0x3FF)
  switch exponent {
  case 0:
    // Zero or subnormal: the fraction counts units of 2^-24, which float32 holds exactly.
    let magnitude = Float(fraction) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
  case 0x1F:
    return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default:
    return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
