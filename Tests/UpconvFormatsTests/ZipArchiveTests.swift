import Testing
import UpconvFormats

private typealias Entry = TestZip.Entry

private func entries(_ zip: TestZip) throws(ZipError) -> [ZipArchive.Entry] {
  try ZipArchive(zip.bytes, maxEntries: 10).entries
}

/// An archive of one entry `a`, changed.
private func one(_ change: (inout Entry) -> Void) -> TestZip {
  var entry = Entry("a", [1, 2, 3])
  change(&entry)
  return TestZip([entry])
}

private func expect(_ error: ZipError, _ zip: TestZip, _ location: SourceLocation = #_sourceLocation) {
  #expect(throws: error, sourceLocation: location) { try entries(zip) }
  #expect(!error.description.isEmpty)
}

@Suite struct ZipArchiveTests {
  @Test func `entries are found where they are`() throws {
    let found = try entries(TestZip([Entry("a", [1, 2, 3]), Entry("b", [7, 7, 7, 7], deflated: true)]))
    #expect(found.map(\.name) == ["a", "b"])
    #expect(found.map(\.isDeflated) == [false, true])
    #expect(found.map(\.uncompressedBytes) == [3, 4])
    #expect(found[0].data == 31..<34)
    #expect(try entries(TestZip([])).isEmpty)
  }

  @Test func `the directory's order need not be that of the data`() throws {
    var zip = TestZip([Entry("a", [1]), Entry("b", [2])])
    zip.entries[0].offset = 32
    zip.entries[1].offset = 0
    // Now each local header has the other's name.
    zip.entries[0].localName = Array("b".utf8)
    zip.entries[1].localName = Array("a".utf8)
    (zip.entries[0].localCRC, zip.entries[1].localCRC) = (zip.entries[1].crc, zip.entries[0].crc)
    #expect(try entries(zip).map(\.data) == [63..<64, 31..<32])
  }

  @Test func `an end record is due in the last 22 bytes`() {
    var zip = one { _ in }
    let file = zip.bytes
    zip.comment = [0x20]
    expect(.noEndRecord, zip)
    for count in 0..<file.count {
      #expect(throws: ZipError.noEndRecord) { try ZipArchive(Array(file.prefix(count)), maxEntries: 10) }
    }
    #expect(throws: ZipError.noEndRecord) { try ZipArchive(file + [0], maxEntries: 10) }
  }

  @Test func `archives in several parts are refused`() {
    for change: @Sendable (inout [Int]) -> Void in [{ $0[0] = 1 }, { $0[1] = 1 }, { $0[2] = 0 }] {
      var zip = one { _ in }
      zip.end = change
      expect(.multipleDisks, zip)
      zip.end = { _ in }
      zip.isZip64 = true
      zip.zip64 = change
      expect(.multipleDisks, zip)
    }
    for change: @Sendable (inout [Int]) -> Void in [{ $0[0] = 1 }, { $0[2] = 2 }] {
      var zip = one { _ in }
      zip.isZip64 = true
      zip.locator = change
      expect(.multipleDisks, zip)
    }
    expect(.multipleDisks, one { $0.disk = 1 })
  }

  @Test func `the directory must end at the end record`() {
    var zip = one { _ in }
    zip.afterDirectory = [0, 0]
    expect(.directoryMisplaced(end: 81, expectedEnd: 83), zip)
    zip = one { _ in }
    zip.end = { $0[4] = 1000 }
    expect(.outOfBounds(.centralHeader, offset: 34), zip)
    zip.end = { $0[5] = 0xFFFF_FFFE }
    expect(.outOfBounds(.centralHeader, offset: 0xFFFF_FFFE), zip)
  }

  @Test func `entries are counted`() {
    var zip = TestZip((0..<11).map { Entry("\($0)", []) })
    expect(.tooManyEntries(count: 11, maxEntries: 10), zip)
    zip.isZip64 = true
    zip.zip64 = { ($0[2], $0[3]) = (.max, .max) }
    expect(.tooManyEntries(count: UInt64(Int.max), maxEntries: 10), zip)
    zip = one { _ in }
    zip.end = { ($0[2], $0[3]) = (2, 2) }
    expect(.entryCountMismatch(declared: 2), zip)
    zip.end = { ($0[2], $0[3]) = (0, 0) }
    expect(.entryCountMismatch(declared: 0), zip)
  }

  @Test func `ZIP64 end records are read and must agree`() throws {
    var zip = one { _ in }
    zip.isZip64 = true
    #expect(try entries(zip).count == 1)
    zip.end = { ($0[2], $0[3], $0[4], $0[5]) = (1, 1, 47, 34) }
    #expect(try entries(zip).count == 1)
    for change: @Sendable (inout [Int]) -> Void in [
      { ($0[2], $0[3]) = (2, 2) }, { $0[4] = 48 }, { $0[5] = 33 },
    ] {
      zip.end = change
      expect(.endRecordsDisagree, zip)
    }
    zip.end = { _ in }
    zip.zip64Signature = [0, 0, 0, 0]
    expect(.missingRecord(.zip64EndRecord, offset: 81), zip)
    zip.zip64Signature = [0x50, 0x4B, 6, 6]
    zip.zip64Size = 45
    expect(.outOfBounds(.zip64EndRecord, offset: 81), zip)
    zip.zip64Size = 44
    zip.locator = { $0[1] = 80 }
    expect(.missingRecord(.zip64EndRecord, offset: 80), zip)
    zip = one { _ in }
    zip.end = { $0[5] = 0xFFFF_FFFF }
    expect(.missingRecord(.zip64EndLocator, offset: 61), zip)
    zip = TestZip([])
    zip.end = { $0[5] = 0xFFFF_FFFF }
    expect(.missingRecord(.zip64EndLocator, offset: 0), zip)
  }

  @Test func `ZIP64 sizes are read from the extra field`() throws {
    let sizes = [1, 0, 16, 0] + littleEndian([3, 3], 8)
    let all = [1, 0, 24, 0] + littleEndian([3, 3, 0], 8)
    let found = try entries(
      one {
        ($0.compressedSize, $0.size, $0.offset) = (0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF)
        $0.localExtra = [9, 9, 1, 0, 5] + sizes
        $0.centralExtra = all
      })
    #expect(found[0].data == 56..<59)
    func saturated(_ extra: [UInt8]) -> TestZip {
      one {
        ($0.compressedSize, $0.size) = (0xFFFF_FFFF, 0xFFFF_FFFF)
        $0.localExtra = sizes
        $0.centralExtra = extra
      }
    }
    #expect(try entries(saturated(sizes)).count == 1)
    for extra in [
      [], [1, 0, 8, 0] + littleEndian([3], 8), [1, 0, 17, 0] + littleEndian([3, 3], 8), sizes + sizes, [1],
    ] {
      expect(.malformedExtraField("a"), saturated(extra))
    }
    expect(
      .outOfBounds(.localHeader, offset: 54), saturated([1, 0, 16, 0] + [UInt8](repeating: 0xFF, count: 16)))
    expect(
      .localHeaderDisagrees("a", field: "size"),
      one {
        ($0.localCompressedSize, $0.localSize) = (0xFFFF_FFFF, 0xFFFF_FFFF)
        $0.localExtra = [1, 0, 16, 0] + littleEndian([4, 3], 8)
      })
  }

  @Test func `records must bear their signatures`() {
    expect(.missingRecord(.centralHeader, offset: 34), one { $0.centralSignature = [0, 0, 0, 0] })
    expect(.missingRecord(.localHeader, offset: 0), one { $0.localSignature = [0x50, 0x4B, 1, 2] })
  }

  @Test func `data must lie before the directory`() {
    expect(.outOfBounds(.localHeader, offset: 0), one { ($0.compressedSize, $0.size) = (4, 4) })
    expect(.unclaimedBytes(offset: 33), one { ($0.compressedSize, $0.size) = (2, 2) })
    expect(.unclaimedBytes(offset: 0), one { $0.offset = 1_000_000 })
    var zip = one { _ in }
    zip.beforeDirectory = [0]
    expect(.unclaimedBytes(offset: 34), zip)
    zip = TestZip([])
    zip.beforeDirectory = [0]
    expect(.unclaimedBytes(offset: 0), zip)
  }

  @Test func `bytes before and between entries are refused`() {
    expect(.unclaimedBytes(offset: 0), one { $0.before = [0x4D, 0x5A] })
    var zip = TestZip([Entry("a", [1]), Entry("b", [2])])
    zip.entries[1].before = [0]
    expect(.unclaimedBytes(offset: 32), zip)
  }

  @Test func `entries that overlap are refused`() {
    var zip = TestZip([Entry("a", [1]), Entry("b", [2])])
    zip.entries[1].offset = 0
    zip.entries[1].localName = Array("a".utf8)
    expect(.overlappingEntries("b"), zip)
    // A local header within the data of another entry: the shape of an overlap bomb.
    let inner = TestZip([Entry("b", [2])]).bytes.prefix(32)
    zip = TestZip([Entry("a", Array(inner)), Entry("b", [2])])
    zip.entries[1].offset = 31
    expect(.overlappingEntries("b"), zip)
  }

  @Test func `names are UTF-8 and unique`() throws {
    expect(.nameNotUTF8(offset: 80), one { $0.name = [0xFF] })
    expect(.duplicateName("a"), TestZip([Entry("a", [1]), Entry("a", [2])]))
    #expect(try entries(one { ($0.name, $0.flags) = (Array("größe".utf8), 1 << 11) })[0].name == "größe")
  }

  @Test func `encryption, odd flags and other methods are refused`() {
    for bit in [0, 6, 13] { expect(.encrypted("a"), one { $0.flags = 1 << bit }) }
    expect(.unsupportedFlags("a", flags: 1 << 5), one { $0.flags = 1 << 5 })
    for method in [1, 9, 12, 14, 93, 99] {
      expect(.unsupportedMethod("a", method: UInt16(method)), one { $0.method = method })
    }
  }

  @Test func `the local header must agree with the directory`() {
    expect(.localHeaderDisagrees("a", field: "flags"), one { $0.localFlags = 8 })
    expect(.localHeaderDisagrees("a", field: "method"), one { $0.localMethod = 8 })
    expect(.localHeaderDisagrees("a", field: "name"), one { $0.localName = [0x62] })
    expect(.localHeaderDisagrees("a", field: "CRC-32"), one { $0.localCRC = 0 })
    expect(.localHeaderDisagrees("a", field: "compressed size"), one { $0.localCompressedSize = 2 })
    expect(.localHeaderDisagrees("a", field: "size"), one { $0.localSize = 0 })
    expect(.sizeMismatch("a", declared: 4), one { $0.size = 4 })
  }

  @Test func `data descriptors are read in all four forms and must agree`() throws {
    func described(_ after: (UInt32) -> [UInt8]) -> TestZip {
      one {
        ($0.flags, $0.localCRC, $0.localCompressedSize, $0.localSize) = (8, 0, 0, 0)
        $0.after = after($0.crc)
      }
    }
    let signature: [UInt8] = [0x50, 0x4B, 7, 8]
    for bytes in [4, 8] {
      for start in [[], signature] {
        let zip = described { start + littleEndian([$0], 4) + littleEndian([3, 3], bytes) }
        #expect(try entries(zip).count == 1)
      }
    }
    expect(.dataDescriptorDisagrees("a"), described { littleEndian([$0 ^ 1, 3, 3], 4) })
    expect(.dataDescriptorDisagrees("a"), described { littleEndian([$0, 3, 4], 4) })
    expect(.missingRecord(.dataDescriptor, offset: 34), described { _ in [] })
    expect(.missingRecord(.dataDescriptor, offset: 34), described { littleEndian([9, $0, 3, 3], 4) })
  }
}
