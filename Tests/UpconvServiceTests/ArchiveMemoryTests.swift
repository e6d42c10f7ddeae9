import Testing
import UpconvFormats
import UpconvMemory
import UpconvTensor

@testable import UpconvService

/// What the bytes and the tensors of an NPZ take, and until when.
@Suite struct ArchiveMemoryTests {
  /// A stored ZIP archive of one entry.
  private static func zip(_ name: String, _ data: [UInt8]) -> [UInt8] {
    func bytes(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(number >> (8 * $0) & 255) } }
    var crc: UInt32 = .max
    for byte in data {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    let common =
      bytes(20, 2) + bytes(0, 2) + bytes(0, 2) + bytes(0, 4) + bytes(Int(~crc), 4) + bytes(data.count, 4)
      + bytes(data.count, 4) + bytes(name.utf8.count, 2) + bytes(0, 2)
    let local = bytes(0x0403_4B50, 4) + common + Array(name.utf8)
    let central =
      bytes(0x0201_4B50, 4) + bytes(20, 2) + common + bytes(0, 2) + bytes(0, 2) + bytes(0, 2) + bytes(0, 4)
      + bytes(0, 4) + Array(name.utf8)
    let end =
      bytes(0x0605_4B50, 4) + bytes(0, 4) + bytes(1, 2) + bytes(1, 2) + bytes(central.count, 4)
      + bytes(local.count + data.count, 4) + bytes(0, 2)
    return local + data + central + end
  }

  /// A .npy file of so many bytes, each an element.
  private static func npy(elements: Int) -> [UInt8] {
    let text = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, \(elements), 1), }\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
      + [UInt8](repeating: 7, count: elements)
  }

  @Test func `Elements of one byte are leased at the four that they take`() throws {
    let elements = 1 << 20
    let archive = Self.zip("input.npy", Self.npy(elements: elements))
    let lease = try MemoryBudget(maxBytes: 16 << 20).lease(1)
    let content = DecodedContent.archive(CollectedArchive(archive), FormatLimits())
    let parts = try content.parts(lease)
    #expect(parts.tensors.first?.1.shape.elementCount == elements)
    #expect(lease.byteCount >= 5 * elements)
    let small = try MemoryBudget(maxBytes: 4 << 20).lease(1)
    #expect {
      _ = try DecodedContent.archive(CollectedArchive(archive), FormatLimits()).parts(small)
    } throws: {
      if case ServiceError.memory(.neverFits) = $0 { true } else { false }
    }
  }

  @Test func `The bytes are gone once the tensors are there`() throws {
    let archive = CollectedArchive(Self.zip("input.npy", Self.npy(elements: 100)))
    let lease = try MemoryBudget(maxBytes: 16 << 20).lease(1)
    let content = DecodedContent.archive(archive, FormatLimits())
    _ = try content.parts(lease)
    // As a job does, which keeps what it captures as long as it runs.
    #expect(archive.take().isEmpty)
    withExtendedLifetime(content) {}
  }
}
