import Testing
import UpconvFormats
import UpconvTensor
import UpconvTestSupport

/// A file with this header and these data.
private func safetensors(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
  littleEndian([header.utf8.count], 8) + header.utf8 + data
}

private func tensor(_ dtype: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
  "{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
}

@Suite struct SafetensorsReaderTests {
  @Test func `a file of the reference writer is read however it is cut`() throws {
    for ends in feedings(of: Fixtures.safetensors) {
      let bundle = try readSafetensors(Fixtures.safetensors, ends: ends)
      #expect(bundle.tensors.count == 4)
      #expect(bundle["w"].map(flat) == flat([2, 2], [1, 2, 3, 4]))
      #expect(bundle["h"].map(flat) == flat([1], [0.5]))
      #expect(bundle["s"].map(flat) == flat([], [-7]))
      #expect(bundle["e"].map(flat) == flat([0, 2], []))
      #expect(bundle["x"] == nil)
      #expect(bundle.metadata(named: "made") == "numpy")
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 7, 16, 1000])
  func `what is written into a tensor's own memory is what was read`(step: Int) throws {
    let header =
      "{\"a\":\(tensor("F32", "[9]", 0, 36)),\"b\":\(tensor("U8", "[3]", 36, 39)),"
      + "\"c\":\(tensor("F32", "[2]", 39, 47))}"
    let file = safetensors(header, (0..<47).map { UInt8($0 * 5) })
    let (bundle, filled) = try fillSafetensors(file, step: step)
    #expect(filled == 36 + 8)
    #expect(flat(bundle) == flat(try readSafetensors(file)))
  }

  @Test func `tensors come in the order of their data`() throws {
    let header =
      "{\"b\":\(tensor("U8", "[1]", 1, 2)),\"z\":\(tensor("U8", "[0]", 1, 1)),"
      + "\"a\":\(tensor("U8", "[1]", 0, 1))}   "
    let bundle = try readSafetensors(safetensors(header, [5, 6]))
    #expect(flat(bundle) == ["a " + flat([1], [5]), "z " + flat([0], []), "b " + flat([1], [6])])
  }

  @Test func `a file may have no tensors`() throws {
    #expect(try flat(readSafetensors(safetensors("{}"))) == [])
    #expect(try flat(readSafetensors(safetensors("{\"__metadata__\":{\"a\":\"b\"}} "))) == ["a: b"])
  }

  @Test func `every element type is read`() throws {
    let cases: [(String, Int, [Int64], [Float])] = [
      ("F16", 2, [0x0001, 0xFC00], [0x1p-24, -.infinity]),
      ("BF16", 2, [0x3FC0, 0xFF80], [1.5, -.infinity]),
      ("F32", 4, [0x3FC0_0000, 0x0000_0001], [1.5, .leastNonzeroMagnitude]),
      ("F64", 8, [0x3FF8_0000_0000_0000, 0x4008_0000_0000_0000], [1.5, 3]),
      ("I8", 1, [-128, 127], [-128, 127]),
      ("U8", 1, [0, 255], [0, 255]),
      ("I16", 2, [-32768, 32767], [-32768, 32767]),
      ("U16", 2, [1, 65535], [1, 65535]),
      ("I32", 4, [-65536, 1], [-65536, 1]),
      ("U32", 4, [0xFFFF_0000, 1], [4_294_901_760, 1]),
      ("I64", 8, [-1, 1 << 40], [-1, 0x1p40]),
      ("U64", 8, [Int64.min, 2], [0x1p63, 2]),
      ("BOOL", 1, [0, 1], [0, 1]),
    ]
    #expect(cases.count == ElementType.allCases.count)
    for (dtype, byteCount, numbers, floats) in cases {
      let header = "{\"t\":\(tensor(dtype, "[2]", 0, 2 * byteCount))}"
      let file = safetensors(header, littleEndian(numbers, byteCount))
      #expect(try flat(readSafetensors(file)) == ["t " + flat([2], floats)])
    }
  }

  @Test(arguments: ["F8_E4M3", "F8_E5M2", "F4", "F6_E2M3", "F8_E8M0", "C64", "f32", ""])
  func `other element types are refused by name`(dtype: String) {
    #expect(throws: SafetensorsError.unsupportedElementType(tensor: "t", dtype: dtype)) {
      try readSafetensors(safetensors("{\"t\":\(tensor(dtype, "[1]", 0, 1))}", [0]))
    }
  }

  @Test func `the header's length is bounded before it comes`() {
    #expect(throws: SafetensorsError.headerTooLong(bytes: 1 << 20 + 1, maxBytes: 1 << 20)) {
      try readSafetensors(littleEndian([1 << 20 + 1], 8))
    }
    #expect(throws: SafetensorsError.headerTooLong(bytes: .max, maxBytes: 1 << 20)) {
      try readSafetensors([UInt8](repeating: 0xFF, count: 8))
    }
    #expect(throws: SafetensorsError.headerTooLong(bytes: 2, maxBytes: 1)) {
      try readSafetensors(safetensors("{}"), limits: FormatLimits(maxHeaderBytes: 1))
    }
    #expect(throws: SafetensorsError.emptyHeader) { try readSafetensors(safetensors("")) }
  }

  @Test func `the header begins with a brace and is JSON`() {
    #expect(throws: SafetensorsError.headerNotAnObject(firstByte: 0x20)) {
      try readSafetensors(safetensors(" {}"))
    }
    #expect(throws: SafetensorsError.headerNotAnObject(firstByte: 0x5B)) {
      try readSafetensors(safetensors("[]"))
    }
    func expectJSONError(_ header: [UInt8], _ check: (String) -> Bool) {
      do throws(SafetensorsError) {
        _ = try readSafetensors(littleEndian([header.count], 8) + header)
        Issue.record("no error")
      } catch {
        guard case .json = error else {
          Issue.record("\(error)")
          return
        }
        #expect(check("\(error)"), "\(error)")
      }
    }
    expectJSONError(Array("{\"a\":".utf8)) { _ in true }
    expectJSONError(Array("{} x".utf8)) { _ in true }
    expectJSONError(Array("{\"".utf8) + [0xFF] + Array("\":{}}".utf8)) { _ in true }
    let one = tensor("U8", "[0]", 0, 0)
    expectJSONError(Array("{\"same\":\(one),\"same\":\(one)}".utf8)) { $0.contains("same") }
    expectJSONError(Array("{\"__metadata__\":{},\"__metadata__\":{}}".utf8)) { $0.contains("__metadata__") }
  }

  @Test func `metadata are strings`() throws {
    #expect(throws: SafetensorsError.gitLFSPointer) {
      try readSafetensors(Array("version https://git-lfs.github.com/spec/v1\n".utf8))
    }
    #expect(try flat(readSafetensors(safetensors("{\"__metadata__\":null}"))) == [])
    #expect(throws: SafetensorsError.metadataNotStrings(name: nil)) {
      try readSafetensors(safetensors("{\"__metadata__\":[]}"))
    }
    #expect(throws: SafetensorsError.metadataNotStrings(name: "n")) {
      try readSafetensors(safetensors("{\"__metadata__\":{\"n\":1}}"))
    }
  }

  @Test func `tensors are counted`() {
    let one = tensor("U8", "[0]", 0, 0)
    #expect(throws: SafetensorsError.tooManyTensors(count: 2, maxTensors: 1)) {
      try readSafetensors(safetensors("{\"a\":\(one),\"b\":\(one)}"), limits: FormatLimits(maxEntries: 1))
    }
  }

  @Test func `a tensor has exactly its three fields`() {
    func expect(_ error: SafetensorsError, _ value: String) {
      #expect(throws: error) { try readSafetensors(safetensors("{\"t\":\(value)}")) }
    }
    let integers = "an array of integers of 0 or more"
    expect(.tensorNotAnObject(tensor: "t"), "[]")
    expect(.missingField(tensor: "t", field: "dtype"), "{}")
    expect(.missingField(tensor: "t", field: "shape"), "{\"dtype\":\"F32\"}")
    expect(.missingField(tensor: "t", field: "data_offsets"), "{\"dtype\":\"F32\",\"shape\":[]}")
    expect(.unknownField(tensor: "t", field: "x"), "{\"x\":1}")
    expect(.wrongField(tensor: "t", field: "dtype", expected: "a string"), "{\"dtype\":1}")
    expect(.wrongField(tensor: "t", field: "shape", expected: integers), "{\"shape\":4}")
    expect(.wrongField(tensor: "t", field: "shape", expected: integers), "{\"shape\":[-1]}")
    expect(.wrongField(tensor: "t", field: "shape", expected: integers), "{\"shape\":[2.0]}")
    expect(.wrongField(tensor: "t", field: "shape", expected: integers), "{\"shape\":[1e1]}")
    expect(.wrongField(tensor: "t", field: "shape", expected: integers), "{\"shape\":[\"2\"]}")
    expect(.wrongField(tensor: "t", field: "shape", expected: integers), "{\"shape\":[[2]]}")
    expect(.wrongField(tensor: "t", field: "shape", expected: integers), "{\"shape\":[9223372036854775808]}")
    expect(.wrongField(tensor: "t", field: "data_offsets", expected: integers), "{\"data_offsets\":null}")
    expect(
      .wrongField(tensor: "t", field: "data_offsets", expected: "two integers of 0 or more"),
      "{\"data_offsets\":[0]}")
  }

  @Test func `offsets and sizes must be those of the shape`() {
    func expect(_ error: SafetensorsError, _ header: String, limits: FormatLimits = FormatLimits()) {
      #expect(throws: error) { try readSafetensors(safetensors(header), limits: limits) }
    }
    expect(.offsetsReversed(tensor: "t", begin: 4, end: 0), "{\"t\":\(tensor("F32", "[]", 4, 0))}")
    expect(
      .sizeMismatch(tensor: "t", expectedBytes: 8, declaredBytes: 4), "{\"t\":\(tensor("F32", "[2]", 0, 4))}")
    // Above 2^53, where a double no longer tells neighbours apart.
    let big = 1 << 53
    expect(
      .sizeMismatch(tensor: "t", expectedBytes: 4, declaredBytes: 1),
      "{\"t\":\(tensor("F32", "[1]", big, big + 1))}")
    expect(
      .offsetsNotContiguous(tensor: "t", begin: 4, expectedBegin: 0), "{\"t\":\(tensor("F32", "[1]", 4, 8))}")
    let first = tensor("F32", "[1]", 0, 4)
    expect(
      .offsetsNotContiguous(tensor: "b", begin: 5, expectedBegin: 4),
      "{\"a\":\(first),\"b\":\(tensor("F32", "[1]", 5, 9))}")
    expect(
      .offsetsNotContiguous(tensor: "b", begin: 3, expectedBegin: 4),
      "{\"a\":\(first),\"b\":\(tensor("F32", "[1]", 3, 7))}")
    expect(.offsetsNotContiguous(tensor: "b", begin: 0, expectedBegin: 4), "{\"a\":\(first),\"b\":\(first)}")
    expect(
      .shape(tensor: "t", .tooManyElements([4_294_967_296, 4_294_967_296], maxElements: 1 << 26)),
      "{\"t\":\(tensor("F32", "[4294967296,4294967296]", 0, 0))}")
    expect(
      .shape(tensor: "t", .tooManyElements([.max], maxElements: .max / 4)),
      "{\"t\":\(tensor("F32", "[\(Int.max)]", 0, 0))}",
      limits: FormatLimits(tensor: TensorLimits(maxElements: .max)))
    expect(
      .shape(tensor: "t", .rankTooHigh(rank: 9, maxRank: 8)),
      "{\"t\":\(tensor("F32", "[1,1,1,1,1,1,1,1,1]", 0, 4))}")
  }

  @Test func `every proper prefix is truncated`() {
    let header = "{\"t\":\(tensor("F32", "[2]", 0, 8))}"
    let file = safetensors(header, [UInt8](repeating: 0, count: 8))
    let headerBytes = header.utf8.count
    for count in 0..<file.count {
      let error: SafetensorsError =
        switch count {
        case ..<8: .truncatedHeader(expectedBytes: 8, foundBytes: count)
        case ..<(8 + headerBytes): .truncatedHeader(expectedBytes: headerBytes, foundBytes: count - 8)
        default: .truncatedData(tensor: "t", missingBytes: file.count - count)
        }
      #expect(throws: error) { try readSafetensors(Array(file.prefix(count))) }
    }
  }

  @Test func `bytes after the data are refused`() {
    let file = safetensors("{\"t\":\(tensor("U8", "[2]", 0, 2))}", [1, 2, 3])
    #expect(throws: SafetensorsError.trailingBytes(dataBytes: 2)) { try readSafetensors(file) }
    #expect(throws: SafetensorsError.trailingBytes(dataBytes: 0)) {
      try readSafetensors(safetensors("{}", [0]))
    }
  }

  @Test func `an error comes again`() {
    var reader = SafetensorsReader()
    for _ in 1...2 {
      #expect(throws: SafetensorsError.emptyHeader) {
        try [UInt8](repeating: 0, count: 8).withUnsafeBytes { try reader.read($0) }
      }
    }
    #expect(throws: SafetensorsError.emptyHeader) { try reader.finish() }
  }

  @Test func `mutated files never trap and end alike whole and split`() {
    var random = SeededGenerator(seed: 4)
    let limits = FormatLimits(tensor: TensorLimits(maxElements: 1 << 12))
    for round in 0..<5000 {
      let file = random.mutate(Fixtures.safetensors)
      let split = Int.random(in: 0...file.count, using: &random)
      let whole = Result { () throws(SafetensorsError) in flat(try readSafetensors(file, limits: limits)) }
      let parts = Result { () throws(SafetensorsError) in
        flat(try readSafetensors(file, ends: [split, file.count], limits: limits))
      }
      #expect(whole == parts, "round \(round)")
      if case .failure(let error) = whole { #expect(!error.description.isEmpty) }
    }
  }
}

@Suite struct SafetensorsHeaderTests {
  @Test func `what is written is what the reference writer writes`() throws {
    let bytes = try SafetensorsHeader.bytes(name: "w", shape: Shape([2, 2], limits: TensorLimits()))
    let text = "{\"w\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}       "
    #expect(bytes == [64, 0, 0, 0, 0, 0, 0, 0] + Array(text.utf8))
  }

  @Test(arguments: ["output", "", "a\"b\\c\n\u{1}", "größe", "😀", String(repeating: "x", count: 5000)])
  func `any name is read back, and the data are aligned`(name: String) throws {
    let bytes = try SafetensorsHeader.bytes(name: name, shape: Shape([1], limits: TensorLimits()))
    #expect(bytes.count % 8 == 0)
    #expect(try flat(readSafetensors(bytes + [0, 0, 0x80, 0x3F])) == [name + " " + flat([1], [1])])
  }

  @Test func `the format's own name is refused`() throws {
    let shape = try Shape([1], limits: TensorLimits())
    #expect(throws: SafetensorsError.reservedName) {
      try SafetensorsHeader.bytes(name: "__metadata__", shape: shape)
    }
  }
}
