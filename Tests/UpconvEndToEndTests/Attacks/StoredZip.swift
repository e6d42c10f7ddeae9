import UpconvCompression

/// A ZIP archive with one entry that is stored, as NumPy's `savez` writes it.
enum StoredZip {
  static func archive(_ name: String, _ data: [UInt8]) -> [UInt8] {
    var check = CRC32()
    data.withUnsafeBytes { check.update($0) }
    func bytes(_ number: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    let sizes = bytes(Int(check.value), 4) + bytes(data.count, 4) + bytes(data.count, 4)
    let lengths = bytes(name.utf8.count, 2) + [0, 0]
    let local = Array("PK".utf8) + [3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + sizes + lengths + Array(name.utf8) + data
    let central =
      Array("PK".utf8) + [1, 2, 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + sizes + lengths
      + [UInt8](repeating: 0, count: 14) + Array(name.utf8)
    let end = [0, 0, 0, 0, 1, 0, 1, 0] + bytes(central.count, 4) + bytes(local.count, 4) + [0, 0]
    return local + central + Array("PK".utf8) + [5, 6] + end
  }
}
