import Testing
import UpconvFormats
import UpconvTensor
import UpconvTestSupport

/// A version 1.0 file with this header text and these data.
private func npy(_ header: String, _ data: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
  [0x93] + Array("NUMPY".utf8) + [version, 0] + littleEndian([header.utf8.count], version == 1 ? 2 : 4)
    + header.utf8 + data
}

private func npy(descr: String, fortran: String = "False", shape: String, _ data: [UInt8]) -> [UInt8] {
  npy("{'descr': '\(descr)', 'fortran_order': \(fortran), 'shape': \(shape), }\n", data)
}

@Suite struct NpyReaderTests {
  @Test(arguments: [
    (Fixtures.npyFloat32, flat([2, 3], [0, 0.25, 0.5, 0.75, 1, 1.25])),
    (Fixtures.npyFortran, flat([2, 3, 4], (0..<24).map(Float.init))),
    (Fixtures.npyBigEndian, flat([3], [1, -2, 300])),
    (Fixtures.npyScalar, flat([], [2.5])),
    (Fixtures.npyEmpty, flat([0, 3], [])),
    (Fixtures.npyVersion2, flat([2], [1, 0])),
    (Fixtures.npyVersion3, flat([2], [0.5, -0.5])),
  ])
  func `files of numpy are read however they are cut`(file: [UInt8], expected: String) throws {
    for ends in feedings(of: file) { #expect(try flat(readNpy(file, ends: ends)) == expected) }
  }

  @Test func `every element type is read in both byte orders`() throws {
    let cases: [(String, Int, [Int64], [Float])] = [
      ("f2", 2, [0x3C00, 0xC000], [1, -2]),
      ("f4", 4, [0x3FC0_0000, 0xBF80_0000], [1.5, -1]),
      ("f8", 8, [0x3FF8_0000_0000_0000, 0x4008_0000_0000_0000], [1.5, 3]),
      ("b1", 1, [0, 1], [0, 1]),
      ("?", 1, [1, 0], [1, 0]),
      ("i1", 1, [-128, 127], [-128, 127]),
      ("u1", 1, [0, 255], [0, 255]),
      ("i2", 2, [-32768, 32767], [-32768, 32767]),
      ("u2", 2, [1, 65535], [1, 65535]),
      ("i4", 4, [-65536, 1], [-65536, 1]),
      ("u4", 4, [0xFFFF_0000, 1], [4_294_901_760, 1]),
      ("i8", 8, [-1, 1 << 40], [-1, 0x1p40]),
      ("u8", 8, [Int64.min, 2], [0x1p63, 2]),
    ]
    for (code, byteCount, numbers, floats) in cases {
      let little = littleEndian(numbers, byteCount)
      let big = numbers.flatMap { littleEndian([$0], byteCount).reversed() }
      for order in ["<", "=", ""] + (byteCount == 1 ? ["|"] : []) {
        #expect(try flat(readNpy(npy(descr: order + code, shape: "(2,)", little))) == flat([2], floats))
      }
      #expect(try flat(readNpy(npy(descr: ">" + code, shape: "(2,)", big))) == flat([2], floats))
    }
  }

  @Test func `float16 keeps subnormals, infinities and NaNs`() throws {
    let bits: [UInt16] = [0x0001, 0x83FF, 0x8000, 0x7C00, 0xFC00, 0x7E01, 0x7BFF, 0x0400]
    let elements = try readNpy(npy(descr: "<f2", shape: "(8,)", littleEndian(bits, 2))).elements
    #expect(elements[0] == 0x1p-24)
    #expect(elements[1] == -1023 * 0x1p-24)
    #expect(elements[2].bitPattern == 0x8000_0000)
    #expect(elements[3] == .infinity)
    #expect(elements[4] == -.infinity)
    #expect(elements[5].bitPattern == 0x7FC0_2000)
    #expect(elements[6] == 65504)
    #expect(elements[7] == 0x1p-14)
  }

  @Test func `column-major data of any rank are turned`() throws {
    for dimensions in [[1], [5], [17, 33], [33, 1], [3, 1, 2], [2, 3, 4, 5], [2, 1, 2, 1, 3]] {
      let count = dimensions.reduce(1, *)
      var columnMajor = [Float](repeating: -1, count: count)
      for rowMajorIndex in 0..<count {
        var (rest, stride, index) = (rowMajorIndex, count, 0)
        for length in dimensions.reversed() {
          stride /= length  // of the axis in column-major order: the product of the lengths before it
          index += rest % length * stride
          rest /= length
        }
        columnMajor[index] = Float(rowMajorIndex)
      }
      let tuple = "(" + dimensions.map { "\($0)," }.joined() + ")"
      let file = npy(
        descr: "<f4", fortran: "True", shape: tuple, littleEndian(columnMajor.map(\.bitPattern), 4))
      #expect(try readNpy(file).elements == (0..<count).map(Float.init), "\(dimensions)")
    }
    #expect(try readNpy(npy(descr: "<f4", fortran: "True", shape: "(2, 0)", [])).elements == [])
    #expect(try readNpy(npy(descr: "|u1", fortran: "True", shape: "()", [7])).elements == [7])
  }

  @Test(arguments: [
    "{'descr':'|u1','fortran_order':False,'shape':(2,)}",
    "{\"shape\": (2L,), \"fortran_order\": False, \"descr\": \"|u1\"}",
    "  { 'shape' : ( 2 , ) , 'descr' : '|u1' , 'fortran_order' : False , }   \n\n",
    "{'fortran_order': False, 'shape': (2,), 'descr': \"|u1\"}\t\r\n",
  ])
  func `the dict may be written in any of Python's ways`(header: String) throws {
    for version: UInt8 in 1...3 {
      #expect(try flat(readNpy(npy(header, [4, 5], version: version))) == flat([2], [4, 5]))
    }
  }

  @Test func `a header is malformed where it is no dict of the three keys`() {
    func expectMalformed(_ header: String, _ offset: Int, _ expected: String) {
      #expect(throws: NpyError.malformedHeader(offset: offset, expected: expected)) {
        try readNpy(npy(header))
      }
    }
    expectMalformed("", 0, "'{'")
    expectMalformed("[]", 0, "'{'")
    expectMalformed("{,}", 1, "a key in quotation marks")
    expectMalformed("{'descr' '<f4'}", 9, "':'")
    expectMalformed("{'descr': f4}", 10, "an element type in quotation marks")
    expectMalformed("{'descr': '<f4", 14, "the closing quotation mark")
    expectMalformed("{'descr': '<f\\x34'}", 13, "a plain ASCII character")
    expectMalformed("{'descr': '<f4' 'shape': ()}", 16, "',' or '}'")
    expectMalformed("{'fortran_order': 0}", 18, "True or False")
    expectMalformed("{'shape': [2]}", 10, "'('")
    expectMalformed("{'shape': (2)}", 12, "',' (a tuple of one length has one)")
    expectMalformed("{'shape': (2 3)}", 13, "',' or ')'")
    expectMalformed("{'shape': (-2,)}", 11, "a length in decimal digits")
    expectMalformed("{'shape': (02,)}", 11, "a length in decimal digits")
    expectMalformed("{'shape': (2.0,)}", 12, "',' or ')'")
    expectMalformed("{'shape': (,)}", 11, "a length in decimal digits")
    expectMalformed("{'descr': '<f4', 'fortran_order': False, 'shape': ()} x", 54, "the end of the header")
    expectMalformed("{'descr': '<f4', 'fortran_order': False, 'shape': ()", 52, "',' or '}'")
  }

  @Test func `keys are exactly three`() {
    #expect(throws: NpyError.unknownKey("order")) { try readNpy(npy("{'order': 1}")) }
    #expect(throws: NpyError.duplicateKey("shape")) { try readNpy(npy("{'shape': (), 'shape': ()}")) }
    #expect(throws: NpyError.duplicateKey("descr")) { try readNpy(npy("{'descr': 'f4', 'descr': 'f4'}")) }
    #expect(throws: NpyError.duplicateKey("fortran_order")) {
      try readNpy(npy("{'fortran_order': True, 'fortran_order': True}"))
    }
    #expect(throws: NpyError.missingKey("descr")) { try readNpy(npy("{}")) }
    #expect(throws: NpyError.missingKey("fortran_order")) {
      try readNpy(npy("{'descr': '<f4', 'shape': ()}"))
    }
    #expect(throws: NpyError.missingKey("shape")) {
      try readNpy(npy("{'descr': '<f4', 'fortran_order': True}"))
    }
  }

  @Test func `pickled objects are refused by name`() {
    #expect(throws: NpyError.pickledObjects(descr: "|O")) { try readNpy(Fixtures.npyObject) }
    #expect(throws: NpyError.pickledObjects(descr: "O8")) { try readNpy(npy(descr: "O8", shape: "()", [])) }
  }

  @Test func `structured elements are refused`() {
    #expect(throws: NpyError.structuredElements) { try readNpy(Fixtures.npyStructured) }
    #expect(throws: NpyError.structuredElements) { try readNpy(npy("{'descr': ('<f4', (2,))}")) }
  }

  @Test(arguments: [
    "<U4", "|S3", "<c8", "<M8[s]", "<m8[s]", "|V2", "<f16", "|f4", "<f3", "", "<", ">>f4", "f",
  ])
  func `other element types are refused by name`(descr: String) {
    #expect(throws: NpyError.unsupportedElementType(descr: descr)) {
      try readNpy(npy(descr: descr, shape: "()", []))
    }
  }

  @Test func `magic bytes and version are checked`() {
    #expect(throws: NpyError.notNpy) { try readNpy(Array("{\"inputs\": []}".utf8)) }
    #expect(throws: NpyError.unsupportedVersion(major: 4, minor: 0)) { try readNpy(npy("{}", version: 4)) }
    #expect(throws: NpyError.unsupportedVersion(major: 0, minor: 0)) { try readNpy(npy("{}", version: 0)) }
    var file = npy("{}")
    file[7] = 1
    #expect(throws: NpyError.unsupportedVersion(major: 1, minor: 1)) { try readNpy(file) }
  }

  @Test func `a long header is refused before it comes`() throws {
    let start = Array(npy("", version: 2).prefix(8))
    #expect(throws: NpyError.headerTooLong(bytes: 10_001, maxBytes: 10_000)) {
      try readNpy(start + littleEndian([10_001], 4))
    }
    #expect(throws: NpyError.headerTooLong(bytes: 0xFFFF_FFFF, maxBytes: 10_000)) {
      try readNpy(start + [0xFF, 0xFF, 0xFF, 0xFF])
    }
    let text = "{'descr': '|u1', 'fortran_order': False, 'shape': ()}"
    let longest = text + String(repeating: " ", count: 10_000 - text.utf8.count)
    #expect(try readNpy(npy(longest, [9])).elements == [9])
    #expect(throws: NpyError.headerTooLong(bytes: 10_000, maxBytes: 100)) {
      try readNpy(npy(longest, [9]), limits: FormatLimits(maxHeaderBytes: 100))
    }
  }

  @Test func `shapes are bounded before memory is taken`() {
    let limits = FormatLimits(tensor: TensorLimits(maxElements: 100, maxRank: 2))
    #expect(throws: NpyError.shape(.tooManyElements([11, 10], maxElements: 100))) {
      try readNpy(npy(descr: "<f4", shape: "(11, 10)", []), limits: limits)
    }
    #expect(throws: NpyError.shape(.rankTooHigh(rank: 3, maxRank: 2))) {
      try readNpy(npy(descr: "<f4", shape: "(1, 1, 1)", []), limits: limits)
    }
    #expect(throws: NpyError.dimensionTooLarge("9223372036854775808")) {
      try readNpy(npy(descr: "<f4", shape: "(9223372036854775808,)", []))
    }
    let noLimits = FormatLimits(tensor: TensorLimits(maxElements: .max, maxRank: 8))
    #expect(throws: NpyError.shape(.tooManyElements([.max], maxElements: .max / 8))) {
      try readNpy(npy(descr: "<f8", shape: "(\(Int.max),)", []), limits: noLimits)
    }
  }

  @Test func `every proper prefix is truncated`() {
    let file = Fixtures.npyFloat32
    for count in 0..<file.count {
      let error =
        count < 128
        ? NpyError.truncatedHeader(foundBytes: count)
        : NpyError.truncatedData(expectedBytes: 24, foundBytes: count - 128)
      #expect(throws: error) { try readNpy(Array(file.prefix(count))) }
    }
  }

  @Test func `bytes after the data are refused`() {
    #expect(throws: NpyError.trailingBytes(expectedBytes: 24)) { try readNpy(Fixtures.npyFloat32 + [0]) }
    #expect(throws: NpyError.trailingBytes(expectedBytes: 0)) { try readNpy(Fixtures.npyEmpty + [0]) }
  }

  @Test func `an error comes again`() {
    var reader = NpyReader()
    for _ in 1...2 {
      #expect(throws: NpyError.notNpy) {
        try Array("no numpy".utf8).withUnsafeBytes { try reader.read($0) }
      }
    }
    #expect(throws: NpyError.notNpy) { try reader.finish() }
  }

  @Test func `mutated files never trap and end alike whole and split`() {
    var random = SeededGenerator(seed: 3)
    let limits = FormatLimits(tensor: TensorLimits(maxElements: 1 << 12))
    let files = [
      Fixtures.npyFloat32, Fixtures.npyFortran, Fixtures.npyScalar, Fixtures.npyVersion3,
      npy(descr: "<i8", fortran: "True", shape: "(2, 2)", [UInt8](repeating: 7, count: 32)),
    ]
    for round in 0..<5000 {
      let file = random.mutate(files[round % files.count])
      let split = Int.random(in: 0...file.count, using: &random)
      let whole = Result { () throws(NpyError) in flat(try readNpy(file, limits: limits)) }
      let parts = Result { () throws(NpyError) in
        flat(try readNpy(file, ends: [split, file.count], limits: limits))
      }
      #expect(whole == parts, "round \(round)")
      if case .failure(let error) = whole { #expect(!error.description.isEmpty) }
    }
  }
}

@Suite struct NpyHeaderTests {
  @Test func `what is written is what numpy writes`() throws {
    let shape = try Shape([2, 3], limits: TensorLimits())
    #expect(NpyHeader.bytes(shape: shape) == Array(Fixtures.npyFloat32.prefix(128)))
  }

  @Test func `headers of every rank are read back and aligned`() throws {
    for rank in 0...40 {
      let limits = TensorLimits(maxElements: .max, maxRank: 40)
      let shape = try Shape([Int](repeating: 1, count: rank), limits: limits)
      let header = NpyHeader.bytes(shape: shape)
      #expect(header.count % 64 == 0)
      #expect(header.last == UInt8(ascii: "\n"))
      let file = header + [0, 0, 0x20, 0x41]
      #expect(try flat(readNpy(file, limits: FormatLimits(tensor: limits))) == flat(shape.dimensions, [10]))
    }
  }

  @Test func `a header too long for version 1 is written in version 2`() throws {
    let limits = TensorLimits(maxElements: 1, maxRank: .max)
    let header = NpyHeader.bytes(shape: try Shape([Int](repeating: 1, count: 30_000), limits: limits))
    #expect(header[6] == 2)
    #expect(header.count % 64 == 0)
    #expect(try NpyHeader(text: Array(header[12...])).dimensions.count == 30_000)
  }
}
