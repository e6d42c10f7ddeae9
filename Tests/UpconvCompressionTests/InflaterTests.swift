import Glibc
import Testing
import UpconvCompression
import UpconvTestSupport

/// "transposed convolution " four times.
private let content = Array(String(repeating: "transposed convolution ", count: 4).utf8)
/// `gzip -9 -c` of it, from a pipe.
private let gzipFile = hex(
  "1f8b08000000000002032b294acc2b2ec82f4e4d5148cecf2bcbcf292dc9cccf5328a186300085f26fc05c000000")
/// `gzip -1` of a file t.txt: with name and time.
private let namedFile = hex(
  "1f8b0808a26e036b0403742e747874002b294acc2b2ec82f4e4d5148cecf2bcbcf292dc9cccf5328a186300085f26fc05c000000")
/// With extra field, name, comment and header CRC.
private let fullHeaderFile = hex(
  "1f8b081e0000000000030400414243446e00630055922b294acc2b2ec82f4e4d5148cecf2bcbcf292dc9cccf5328a186300085f2"
    + "6fc05c000000")
private let rawFile = hex("2b294acc2b2ec82f4e4d5148cecf2bcbcf292dc9cccf5328a1863000")
private let emptyMember = hex("1f8b080000000000000303000000000000000000")

@Suite struct InflaterTests {
  @Test(arguments: GzipCodec.allCases, [gzipFile, namedFile, fullHeaderFile])
  func `files of the gzip tool inflate whole, byte by byte and at every split`(
    codec: GzipCodec, file: [UInt8]
  ) throws {
    #expect(try codec.inflated(file) == content)
    #expect(try codec.inflated(file, pieces: 1, windowBytes: 1) == content)
    for split in 0...file.count { #expect(try codec.inflated(file, pieceEnds: [split, file.count]) == content) }
  }

  @Test(arguments: GzipCodec.allCases)
  func `raw deflate inflates`(codec: GzipCodec) throws {
    #expect(try codec.inflated(rawFile, .rawDeflate) == content)
    #expect(try codec.inflated(rawFile, .rawDeflate, pieces: 1, windowBytes: 3) == content)
  }

  @Test(arguments: GzipCodec.allCases)
  func `a window of any size gives the same bytes`(codec: GzipCodec) throws {
    for windowBytes in 1...100 { #expect(try codec.inflated(gzipFile, windowBytes: windowBytes) == content) }
  }

  @Test(arguments: GzipCodec.allCases)
  func `members that follow one another are joined`(codec: GzipCodec) throws {
    let file = gzipFile + emptyMember + namedFile
    #expect(try codec.inflated(file) == content + content)
    for split in 0...file.count {
      #expect(try codec.inflated(file, pieceEnds: [split, file.count]) == content + content)
    }
  }

  @Test(arguments: GzipCodec.allCases)
  func `members up to the limit pass and one more is refused`(codec: GzipCodec) throws {
    let members = Array(repeatElement(emptyMember, count: 3).joined())
    #expect(try codec.inflated(members, maxMembers: 3) == [])
    #expect(throws: InflateError.tooManyMembers(maxMembers: 3)) {
      try codec.inflated(members + gzipFile, maxMembers: 3)
    }
    let many = Array(repeatElement(emptyMember, count: 1025).joined())
    #expect(throws: InflateError.tooManyMembers(maxMembers: 1024)) { try codec.inflated(many) }
  }

  @Test(arguments: GzipCodec.allCases)
  func `empty input is refused`(codec: GzipCodec) {
    #expect(throws: InflateError.empty) { try codec.inflated([]) }
    #expect(throws: InflateError.empty) { try codec.inflated([], .rawDeflate) }
  }

  @Test(arguments: GzipCodec.allCases)
  func `every proper prefix is truncated`(codec: GzipCodec) {
    for count in 1..<gzipFile.count {
      #expect(throws: InflateError.truncated) { try codec.inflated(Array(gzipFile.prefix(count))) }
    }
    #expect(throws: InflateError.truncated) { try codec.inflated(gzipFile + [0x1F]) }
    for count in 1..<rawFile.count {
      #expect(throws: InflateError.truncated) { try codec.inflated(Array(rawFile.prefix(count)), .rawDeflate) }
    }
  }

  @Test(arguments: GzipCodec.allCases)
  func `bytes after the end are refused`(codec: GzipCodec) {
    #expect(throws: InflateError.trailingBytes) { try codec.inflated(gzipFile + [0]) }
    #expect(throws: InflateError.trailingBytes) { try codec.inflated(gzipFile + [0x1F, 0x8C]) }
    #expect(throws: InflateError.trailingBytes) { try codec.inflated(gzipFile + [0x1F, 0x8C], pieces: 1) }
    #expect(throws: InflateError.trailingBytes) { try codec.inflated(rawFile + [0], .rawDeflate) }
  }

  @Test(arguments: GzipCodec.allCases)
  func `data without the magic bytes are no gzip`(codec: GzipCodec) {
    #expect(throws: InflateError.notGzip) { try codec.inflated(Array("{\"inputs\":[]}".utf8)) }
    #expect(throws: InflateError.notGzip) { try codec.inflated(rawFile) }
    // zlib's own format is not detected on the sly.
    #expect(throws: InflateError.notGzip) { try codec.inflated(hex("789c4b4c4a0600024d0127")) }
  }

  @Test(arguments: GzipCodec.allCases)
  func `corrupt data are refused in the same words`(codec: GzipCodec) {
    var file = gzipFile
    file[2] = 9
    #expect(throws: InflateError.corrupt(detail: "unknown compression method")) { try codec.inflated(file) }
    file = gzipFile
    file[3] = 0xE0
    #expect(throws: InflateError.corrupt(detail: "unknown header flags set")) { try codec.inflated(file) }
    let invalid = InflateError.corrupt(detail: "invalid deflate data")
    // A block type that does not exist; a stored block whose length and complement differ; a copy from before the
    // beginning; a Huffman code with more codes than there are.
    #expect(throws: invalid) { try codec.inflated([0x07], .rawDeflate) }
    #expect(throws: invalid) { try codec.inflated([0x01, 1, 0, 1, 0, 0], .rawDeflate) }
    #expect(throws: invalid) { try codec.inflated([0x03, 0x02, 0, 0], .rawDeflate) }
    #expect(throws: invalid) { try codec.inflated([0x05, 0x00, 0x92, 0x04, 0, 0], .rawDeflate) }
  }

  @Test(arguments: GzipCodec.allCases)
  func `wrong check values are refused`(codec: GzipCodec) {
    var file = gzipFile
    file[file.count - 5] ^= 1
    #expect(throws: InflateError.wrongCheckValue(detail: "incorrect data check")) { try codec.inflated(file) }
    file = gzipFile
    file[file.count - 1] ^= 1
    #expect(throws: InflateError.wrongCheckValue(detail: "incorrect length check")) { try codec.inflated(file) }
    file = fullHeaderFile
    file[12] ^= 1
    #expect(throws: InflateError.wrongCheckValue(detail: "header crc mismatch")) { try codec.inflated(file) }
  }

  @Test(arguments: GzipCodec.allCases)
  func `exactly the limit passes and a byte more is refused`(codec: GzipCodec) throws {
    #expect(try codec.inflated(gzipFile, maxOutputBytes: content.count) == content)
    #expect(throws: InflateError.tooLarge(maxBytes: 91)) { try codec.inflated(gzipFile, maxOutputBytes: 91) }
    #expect(throws: InflateError.tooLarge(maxBytes: 0)) { try codec.inflated(gzipFile, maxOutputBytes: 0) }
    #expect(throws: InflateError.tooLarge(maxBytes: 100)) {
      try codec.inflated(gzipFile + namedFile, maxOutputBytes: 100)
    }
    #expect(try codec.inflated(emptyMember, maxOutputBytes: 0) == [])
    #expect(try codec.inflated(gzipFile, maxOutputBytes: .max) == content)
  }

  @Test(arguments: GzipCodec.allCases)
  func `output above the limit is told before a check value that comes after it`(codec: GzipCodec) {
    var file = gzipFile
    file[file.count - 5] ^= 1
    for windowBytes in [1, 7, 4096] {
      #expect(throws: InflateError.tooLarge(maxBytes: 91)) {
        try codec.inflated(file, windowBytes: windowBytes, maxOutputBytes: 91)
      }
    }
  }

  @Test(arguments: GzipCodec.allCases)
  func `an error comes again`(codec: GzipCodec) {
    var inflater = Inflater(format: .gzip, maxOutputBytes: 10, codec: codec)
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
    defer { window.deallocate() }
    for _ in 1...2 {
      do throws(InflateError) {
        try [UInt8](repeating: 0, count: 8).withBytes { (bytes) throws(InflateError) in
          var rest = bytes
          _ = try inflater.inflate(from: &rest, into: window)
        }
        Issue.record("no error")
      } catch { #expect(error == .notGzip) }
    }
    do throws(InflateError) {
      try inflater.finish()
      Issue.record("no error")
    } catch { #expect(error == .notGzip) }
  }

  @Test(arguments: GzipCodec.allCases)
  func `a gibibyte of zeros stops at the limit with flat memory`(codec: GzipCodec) {
    var bomb: [UInt8] = []
    var deflater = Deflater(level: 9, codec: .zlib)  // the densest
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    for _ in 0..<1024 { zeros.withBytes { deflater.write($0, appendingTo: &bomb) } }
    deflater.finish(appendingTo: &bomb)
    #expect(bomb.count < 2 << 20)

    // Other tests of this process run meanwhile and take memory of their own: one quiet moment is enough.
    let isFlat = (1...10).contains { _ in
      let before = residentBytes()
      expectTooLarge(bomb, maxOutputBytes: 64 << 20, codec)
      return residentBytes() - before < 32 << 20
    }
    #expect(isFlat)
  }

  private func expectTooLarge(_ bomb: [UInt8], maxOutputBytes: Int, _ codec: GzipCodec) {
    var inflater = Inflater(format: .gzip, maxOutputBytes: maxOutputBytes, codec: codec)
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: Inflater.windowBytes, alignment: 16)
    defer { window.deallocate() }
    var total = 0
    do throws(InflateError) {
      try bomb.withBytes { (bytes) throws(InflateError) in
        var rest = bytes
        while true {
          let count = try inflater.inflate(from: &rest, into: window)
          if count == 0 { break }
          total += count
        }
      }
      Issue.record("the bomb went off")
    } catch { #expect(error == .tooLarge(maxBytes: maxOutputBytes)) }
    #expect(total <= maxOutputBytes)
    #expect(total >= maxOutputBytes - Inflater.windowBytes)
  }

  @Test(arguments: GzipCodec.allCases)
  func `mutated files never trap and end alike whole and split`(codec: GzipCodec) {
    var random = SeededGenerator(seed: 1)
    let files = [gzipFile, fullHeaderFile, gzipFile + emptyMember + namedFile]
    for round in 0..<5000 {
      var file = files[round % files.count]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: file[Int.random(in: 0..<file.count, using: &random)] = .random(in: 0...255, using: &random)
        case 1: file.removeLast(Int.random(in: 0..<4, using: &random))
        default:
          file.insert(.random(in: 0...255, using: &random), at: .random(in: 0...file.count, using: &random))
        }
      }
      let format: Inflater.Format = round % 5 == 0 ? .rawDeflate : .gzip
      if format == .rawDeflate { file.removeFirst(10) }
      let whole = Result { () throws(InflateError) in try codec.inflated(file, format, maxOutputBytes: 200) }
      let split = Int.random(in: 0...file.count, using: &random)
      let parts = Result { () throws(InflateError) in
        try codec.inflated(file, format, pieceEnds: [split, file.count], windowBytes: 7, maxOutputBytes: 200)
      }
      #expect(whole == parts, "round \(round)")
    }
  }
}
