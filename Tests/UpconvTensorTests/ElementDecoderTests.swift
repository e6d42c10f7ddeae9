import Testing
import UpconvTensor

@Suite struct ElementDecoderTests {
  private func decode(_ bytes: [UInt8], _ type: ElementType, _ order: ByteOrder = .little, pieces: Int) throws
    -> [Float]
  {
    var decoder = ElementDecoder(type: type, byteOrder: order)
    var builder = TensorBuilder(maxElements: 100)
    var start = 0
    while start < bytes.count {
      let end = min(start + pieces, bytes.count)
      try bytes[start..<end].withUnsafeBytes { try decoder.decode($0, into: &builder) }
      start = end
    }
    #expect(decoder.partialByteCount == 0)
    let count = builder.count
    return try builder.finish(shape: Shape([count], limits: TensorLimits())).elements
  }

  private func bytes<Value: FixedWidthInteger>(_ values: [Value], _ order: ByteOrder) -> [UInt8] {
    values.flatMap { value in
      withUnsafeBytes(of: order == .little ? value.littleEndian : value.bigEndian, Array.init)
    }
  }

  @Test(arguments: 1...9, [ByteOrder.little, .big])
  func `Every type is widened exactly, however its bytes are cut`(pieces: Int, order: ByteOrder) throws {
    func check<Value: FixedWidthInteger>(_ values: [Value], _ type: ElementType, _ expected: [Float]) throws {
      #expect(try decode(bytes(values, order), type, order, pieces: pieces) == expected)
    }
    try check([Float(1.5).bitPattern, Float(-0.25).bitPattern], .float32, [1.5, -0.25])
    try check([Double(1e-3).bitPattern, Double(-7).bitPattern], .float64, [1e-3, -7])
    // 1, -2, 65504, 2^-24, -2^-14, infinity
    try check(
      [0x3C00, 0xC000, 0x7BFF, 0x0001, 0x8400, 0x7C00] as [UInt16], .float16,
      [1, -2, 65504, 0x1p-24, -0x1p-14, .infinity])
    try check([0x3F80, 0xC040, 0x7F80] as [UInt16], .bfloat16, [1, -3, .infinity])
    try check([-128, 127, 0] as [Int8], .int8, [-128, 127, 0])
    try check([255, 1] as [UInt8], .uint8, [255, 1])
    try check([-32768, 5] as [Int16], .int16, [-32768, 5])
    try check([65535] as [UInt16], .uint16, [65535])
    try check([-5, Int32.max] as [Int32], .int32, [-5, 2_147_483_648])
    try check([UInt32.max] as [UInt32], .uint32, [4_294_967_296])
    try check([-9, 1 << 40] as [Int64], .int64, [-9, 0x1p40])
    try check([UInt64.max] as [UInt64], .uint64, [0x1p64])
    try check([0, 1, 7] as [UInt8], .bool, [0, 1, 1])
  }

  @Test func `Every float16 agrees with the machine's own type`() throws {
    let all = (0...UInt16.max).map { $0 }
    var decoder = ElementDecoder(type: .float16)
    var builder = TensorBuilder(maxElements: all.count)
    try all.withUnsafeBytes { try decoder.decode($0, into: &builder) }
    let floats = try builder.finish(shape: Shape([all.count], limits: TensorLimits())).elements
    for bits in all {
      let expected = Float(Float16(bitPattern: bits))
      let got = floats[Int(bits)]
      #expect(expected.isNaN ? got.isNaN : got.bitPattern == expected.bitPattern)
    }
  }
}
