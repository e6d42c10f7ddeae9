import Glibc
import Testing
import UpconvCompression
import UpconvFormats
import UpconvTensor
import UpconvTestSupport

private let expectedBundle = ["a " + flat([2, 2], [0, 1, 2, 3]), "b " + flat([2, 3], [0, 1, 2, 3, 4, 5])]

private func npz(_ entry: TestZip.Entry) -> [UInt8] { TestZip([entry]).bytes }

@Suite struct NpzReaderTests {
  @Test(arguments: [Fixtures.npz, Fixtures.npzCompressed, Fixtures.npzStreamed])
  func `files of numpy are read however they are cut`(file: [UInt8]) throws {
    for ends in feedings(of: file) { #expect(try flat(readNpz(file, ends: ends)) == expectedBundle) }
  }

  @Test func `plain and empty archives are read`() throws {
    #expect(try flat(readNpz(Fixtures.npzPlain)) == ["arr_0 " + flat([2, 2], [0, 1, 2, 3])])
    #expect(try flat(readNpz(Fixtures.npzEmpty)) == [])
  }

  @Test func `a whole body is read at once too`() throws {
    #expect(try flat(NpzReader.bundle(of: Fixtures.npz)) == expectedBundle)
  }

  @Test func `bodies are bounded`() throws {
    let count = Fixtures.npz.count
    #expect(try readNpz(Fixtures.npz, limits: FormatLimits(maxBodyBytes: count)).tensors.count == 2)
    for ends in [[count], Array(1...count)] {
      #expect(throws: NpzError.bodyTooLarge(maxBytes: count - 1)) {
        try readNpz(Fixtures.npz, ends: ends, limits: FormatLimits(maxBodyBytes: count - 1))
      }
    }
    #expect(throws: NpzError.bodyTooLarge(maxBytes: 1)) {
      try NpzReader.bundle(of: Fixtures.npz, limits: FormatLimits(maxBodyBytes: 1))
    }
  }

  @Test func `decompressed entries are bounded before they are decompressed`() throws {
    let total = 128 + 16 + 128 + 12
    #expect(try readNpz(Fixtures.npz, limits: FormatLimits(maxInflatedBytes: total)).tensors.count == 2)
    #expect(throws: NpzError.inflatedTooLarge(maxBytes: total - 1)) {
      try readNpz(Fixtures.npz, limits: FormatLimits(maxInflatedBytes: total - 1))
    }
    var entry = TestZip.Entry("a.npy", Fixtures.npyFloat32, deflated: true)
    entry.size = 0xFFFF_FFFE
    #expect(throws: NpzError.inflatedTooLarge(maxBytes: 1 << 29)) { try readNpz(npz(entry)) }
    var entries = [entry, entry]
    for index in entries.indices {
      entries[index].name = Array("\(index).npy".utf8)
      entries[index].size = 0xFFFF_FFFF
      entries[index].centralExtra = [1, 0, 8, 0] + littleEndian([Int.max], 8)
      entries[index].localSize = 0xFFFF_FFFF
      entries[index].localExtra = [1, 0, 16, 0] + littleEndian([Int.max, entry.compressedSize], 8)
    }
    #expect(throws: NpzError.inflatedTooLarge(maxBytes: .max)) {
      try readNpz(TestZip(entries).bytes, limits: FormatLimits(maxInflatedBytes: .max))
    }
  }

  @Test(arguments: ["a", "a.txt", ".npy", "a.npy/", "a.NPY", ""])
  func `only names that end with npy are allowed`(name: String) {
    #expect(throws: NpzError.entryNotNpy(name)) { try readNpz(npz(TestZip.Entry(name, Fixtures.npyFloat32))) }
  }

  @Test func `names are only names`() throws {
    let bundle = try readNpz(npz(TestZip.Entry("../../etc/größe.npy", Fixtures.npyScalar)))
    #expect(bundle["../../etc/größe"]?.elements == [2.5])
  }

  @Test func `what is wrong with an entry is told with its name`() {
    #expect(throws: NpzError.npy(entry: "o.npy", .pickledObjects(descr: "|O"))) {
      try readNpz(npz(TestZip.Entry("o.npy", Fixtures.npyObject)))
    }
    #expect(throws: NpzError.npy(entry: "e.npy", .truncatedHeader(foundBytes: 0))) {
      try readNpz(npz(TestZip.Entry("e.npy", [])))
    }
    #expect(throws: NpzError.npy(entry: "t.npy", .trailingBytes(expectedBytes: 24))) {
      try readNpz(npz(TestZip.Entry("t.npy", Fixtures.npyFloat32 + [0], deflated: true)))
    }
    #expect(throws: NpzError.zip(.noEndRecord)) { try readNpz([]) }
    #expect(throws: NpzError.zip(.tooManyEntries(count: 2, maxEntries: 1))) {
      try readNpz(Fixtures.npz, limits: FormatLimits(maxEntries: 1))
    }
  }

  @Test(arguments: [false, true])
  func `a wrong CRC-32 is refused`(deflated: Bool) {
    var entry = TestZip.Entry("a.npy", Fixtures.npyFloat32, deflated: deflated)
    entry.crc ^= 1
    #expect(throws: NpzError.zip(.wrongCRC("a.npy"))) { try readNpz(npz(entry)) }
  }

  @Test func `deflated data must have the declared size`() {
    var entry = TestZip.Entry("a.npy", Fixtures.npyFloat32, deflated: true)
    entry.size += 1
    #expect(throws: NpzError.zip(.sizeMismatch("a.npy", declared: 153))) { try readNpz(npz(entry)) }
    entry.size -= 2
    #expect(throws: NpzError.zip(.sizeMismatch("a.npy", declared: 151))) { try readNpz(npz(entry)) }
  }

  @Test func `deflated data must be whole and nothing else`() {
    func expect(_ error: InflateError, _ change: (inout [UInt8]) -> Void) {
      var entry = TestZip.Entry("a.npy", Fixtures.npyFloat32, deflated: true)
      change(&entry.stored)
      entry.compressedSize = entry.stored.count
      #expect(throws: NpzError.zip(.corruptData("a.npy", error))) { try readNpz(npz(entry)) }
    }
    expect(.truncated) { $0.removeLast() }
    expect(.trailingBytes) { $0.append(0) }
    expect(.empty) { $0 = [] }
    expect(.corrupt(detail: "invalid deflate data")) { $0[0] = 7 }
  }

  @Test func `a bomb that lies about its size stops there with flat memory`() {
    // 256 MiB of zeros after a header that promises a scalar.
    let header = Fixtures.npyScalar
    var data: [UInt8] = []
    var deflater = Deflater(level: 9, codec: .zlib)  // the densest
    header.withUnsafeBytes { deflater.write($0, appendingTo: &data) }
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    for _ in 0..<256 { zeros.withUnsafeBytes { deflater.write($0, appendingTo: &data) } }
    deflater.finish(appendingTo: &data)
    var entry = TestZip.Entry("a.npy", header)
    entry.method = 8
    entry.stored = Array(data.dropFirst(10).dropLast(8))
    entry.compressedSize = entry.stored.count
    let lying = npz(entry)
    entry.size = header.count + 256 << 20
    let honest = npz(entry)
    // Other tests of this process run meanwhile and take memory of their own: one quiet moment is enough.
    let isFlat = (1...10).contains { _ in
      let before = residentBytes()
      // Its first bytes already are more than the header announced or the directory declared.
      #expect(throws: NpzError.self) { try readNpz(lying) }
      #expect(throws: NpzError.npy(entry: "a.npy", .trailingBytes(expectedBytes: 8))) { try readNpz(honest) }
      return residentBytes() - before < 32 << 20
    }
    #expect(isFlat)
  }

  @Test func `a header that promises much costs no memory`() {
    let file = Array(NpyHeader.bytes(shape: Tensor(dimensions: [0], elements: [])!.shape))
    let text = String(decoding: file.dropFirst(10), as: UTF8.self).replacing("(0,)", with: "(67108864,)")
    let promise = [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndian([text.utf8.count], 2) + text.utf8
    let isFlat = (1...10).contains { _ in
      let before = residentBytes()
      var reader = NpyReader()
      promise.withUnsafeBytes { bytes in #expect(throws: Never.self) { try reader.read(bytes) } }
      return residentBytes() - before < 32 << 20
    }
    #expect(isFlat)
  }

  @Test func `mutated files never trap and end alike whole and split`() {
    var random = SeededGenerator(seed: 5)
    let limits = FormatLimits(tensor: TensorLimits(maxElements: 1 << 12))
    let files = [Fixtures.npz, Fixtures.npzCompressed, Fixtures.npzStreamed, Fixtures.npzPlain]
    for round in 0..<5000 {
      let file = random.mutate(files[round % files.count])
      let split = Int.random(in: 0...file.count, using: &random)
      let whole = Result { () throws(NpzError) in flat(try readNpz(file, limits: limits)) }
      let parts = Result { () throws(NpzError) in
        flat(try readNpz(file, ends: [split, file.count], limits: limits))
      }
      #expect(whole == parts, "round \(round)")
      if case .failure(let error) = whole { #expect(!error.description.isEmpty) }
    }
  }
}
