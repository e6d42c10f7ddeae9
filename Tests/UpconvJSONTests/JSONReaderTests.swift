import Testing
import UpconvJSON
import UpconvTensor

@Suite struct JSONReaderTests {
  @Test(
    "A document gives its value, however it is cut",
    arguments: [
      ("null", "null"), (" true ", "true"), ("false", "false"), ("\t\r\n\"\"", "''"), ("[]", "[]"),
      ("{}", "{}"),
      ("0", "0=0.0"), ("-0", "-0=-0.0"), ("-12.50e+3", "-12.50e+3=-12500.0"), ("1E-2", "1E-2=0.01"),
      ("[1, [null,\"x\"] , {}]", "[1=1.0 [null 'x'] {}]"),
      ("{\"a\": {\"b\": [true]}, \"c\": -1}", "{a:{b:[true]} c:-1=-1.0}"),
      (#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\uDE00\u0000""#, "'\"\\/\u{8}\u{C}\n\r\tAé€😀\0'"),
      ("\"aé€😀\u{7F}\u{10FFFF}\"", "'aé€😀\u{7F}\u{10FFFF}'"),
      ("{\"\\u0061\":1,\"A\":2,\"\":3}", "{a:1=1.0 A:2=2.0 :3=3.0}"),
      ("{\"\u{E9}\":1,\"e\u{301}\":2}", "{\u{E9}:1=1.0 e\u{301}:2=2.0}"),
      ("[\"data\",{\"data\":null}]", "['data' {data:null}]"),
    ])
  func value(document: String, expected: String) {
    #expect(readEveryWay(document) == .success(expected))
  }

  @Test(
    "An array of numbers gives a tensor with the shape of its nesting, however it is cut",
    arguments: [
      ("[]", "[0]<>"), ("[[],[]]", "[2,0]<>"), ("[[[]]]", "[1,1,0]<>"), (" [ ] ", "[0]<>"),
      ("[1]", "[1]<3f800000>"), ("[[1,-2]]", "[1,2]<3f800000 c0000000>"),
      (" [ [ 1 , 2.5e-1 ] , [ -0 ,0e5 ]\n] ", "[2,2]<3f800000 3e800000 80000000 0>"),
      ("[[[1],[2]],[[3],[4]]]", "[2,2,1]<3f800000 40000000 40400000 40800000>"),
      ("[0.1,\t0.2,\r\n0.3]", "[3]<3dcccccd 3e4ccccd 3e99999a>"),
      ("[1,  2 ,3]", "[3]<3f800000 40000000 40400000>"),
      ("[3.4028235e38,1e-45,1.17549435E-38]", "[3]<7f7fffff 1 800000>"),
    ])
  func numbers(document: String, expected: String) {
    #expect(readEveryWay(document, numbersAt: isAnyArray) == .success(expected))
  }

  /// Numbers of every form, in rows that are longer than what is read at once.
  @Test(arguments: [",", ", ", " ,\n "], ["],[", "], [", "] ,[ "])
  func `Rows of many numbers are the same however they are cut`(comma: String, rowEnd: String) {
    let numbers = [
      "0.1234567", "-1.5", "7", "-0", "-0.0", "1e5", "2.5E-3", "-12345.678", "0.10000000149011612", "1e-45", "16777217",
      "-3.4028235e+38", "100000000000000000000", "0.00000000000000000000000001", "9007199254740993", "33554434.0",
      "1.000000059604644775390625", "12345678901234567890123456789.5", "0.000123456789", "-99999.99",
    ]
    let rows = [numbers, numbers.reversed(), numbers.sorted()]
    let text = rows.map { $0.joined(separator: comma) }.joined(separator: rowEnd)
    let expected = rows.joined().map { String(Float($0)!.bitPattern, radix: 16) }.joined(separator: " ")
    #expect(readEveryWay("[[" + text + "]]", numbersAt: isAnyArray) == .success("[3,20]<\(expected)>"))
  }

  @Test func `Narrow rows have the shape of their nesting`() throws {
    for dimensions in [[50, 40, 1], [50, 2, 20], [4, 5, 5, 20], [1, 1, 2000], [2000, 1, 1]] {
      let numbers = Tensor(dimensions: dimensions, elements: (0..<2000).map { Float($0) / 8 })
      var encoder = JSONTensorEncoder(tensor: try #require(numbers), nested: true)
      var text: [UInt8] = []
      while encoder.append(to: &text, upTo: 1 << 16) {}
      for instructions in DecimalInstructions.available {
        let back = try tensor(text, by: instructions)
        #expect(back.shape.dimensions == dimensions)
        #expect(back.elements == numbers?.elements)
      }
    }
  }

  /// Digits in company are read another way than other numbers: so each stands beside each, at the end of a piece too.
  @Test func `Single digits are read as they are, alone and among others`() throws {
    let texts = ["7", "7.0", "0", "0.0", "9", "1.5", "12", "-3", "0.25", "3e2", "4.00", "123456789.5"]
    let values: [Float] = [7, 7, 0, 0, 9, 1.5, 12, -3, 0.25, 300, 4, 123_456_789.5]
    for separator in [",", ", "] {
      for (first, second) in texts.indices.flatMap({ first in texts.indices.map { (first, $0) } }) {
        let picks = (0..<80).map { $0 % 3 == 0 ? first : second }
        let document = Array(("[" + picks.map { texts[$0] }.joined(separator: separator) + "]").utf8)
        for instructions in DecimalInstructions.available {
          for cuts in [[], [document.count / 2], [document.count / 2 + 1], [document.count / 2 + 2]] {
            #expect(try tensor(document, cutAt: cuts, by: instructions).elements == picks.map { values[$0] })
          }
        }
      }
    }
    for wrong in ["7.", "07", "7.0.0", "7.0e", "7 7", "7.0 7.0", "7.,", "+7", "7.0x"] {
      for place in [0, 1, 40] {
        var parts = [String](repeating: "7.0", count: 80)
        parts[place] = wrong
        let document = "[" + parts.joined(separator: ",") + "]"
        guard case .failure = readEveryWay(document, numbersAt: isAnyArray) else {
          Issue.record("\(wrong) was read as a number")
          continue
        }
      }
    }
  }

  @Test func `Only arrays at the paths asked for become tensors`() {
    let document = #"{"x": [1], "in": [{"data": [[2]], "shape": [1,1]}], "data": "AAAA", "y": {"data": []}}"#
    let expected = "{x:[1=1.0] in:[{data:[1,1]<40000000> shape:[1=1.0 1=1.0]}] data:'AAAA' y:{data:[0]<>}}"
    #expect(readEveryWay(document) == .success(expected))
  }

  @Test func `The question names the path with indices`() {
    let outcome = read(Array(#"{"inputs":[{"d":[1]},{"d":[2]}]}"#.utf8)) { $0.description == "inputs[1].d" }
    #expect(outcome == .success("{inputs:[{d:[1=1.0]} {d:[1]<40000000>}]}"))
  }

  @Test func `A tensor may be longer than any block of the reader`() throws {
    let count = 100_003
    let document = Array(("[" + (0..<count).map { "\($0)" }.joined(separator: ",") + "]").utf8)
    let tensor = try tensor(document, cutAt: [1000, 1001, 300_000])
    #expect(tensor.shape.dimensions == [count])
    #expect(tensor.elements == (0..<count).map(Float.init))
  }

  @Test func `Ten million blanks are nothing`() {
    let blanks = [UInt8](repeating: 0x20, count: 5_000_000)
    let limits = JSONLimits(maxTreeBytes: 64, maxNumberBytes: 4, tensor: TensorLimits(maxElements: 1))
    let document = blanks + Array("{\"data\":[".utf8) + blanks + Array("7]}".utf8)
    #expect(read(document, limits: limits) == .success("{data:[1]<40e00000>}"))
  }

  @Test func `Limits that are just met are no error`() {
    let limits = JSONLimits(
      maxDepth: 3, maxTreeBytes: 16 * 2 + 4, maxNumberBytes: 3,
      tensor: TensorLimits(maxElements: 4, maxRank: 2))
    #expect(readEveryWay(#"{"data":[[123,-12],[1.5,1e3]]}"#, limits: limits).isSuccess)
    #expect(readEveryWay("[[[]]]", limits: JSONLimits(maxDepth: 3)).isSuccess)
    #expect(readEveryWay("\"12345678\"", limits: JSONLimits(maxTreeBytes: 24)).isSuccess)
  }

  @Test func `An error stays`() {
    var reader = JSONReader(limits: JSONLimits(), isNumberArray: isNamedData)
    for piece in ["[1 2]", "]", ""] {
      #expect(
        throws: JSONError.unexpectedByte(
          found: 0x32, expected: .commaOrEndOfArray, path: JSONPath(), offset: 3)
      ) {
        try Array(piece.utf8).withUnsafeBytes { try reader.read($0) }
      }
    }
    #expect(
      throws: JSONError.unexpectedByte(found: 0x32, expected: .commaOrEndOfArray, path: JSONPath(), offset: 3)
    ) {
      try reader.finish()
    }
  }

  @Test func `A small document is parsed at once`() throws {
    #expect(text(of: try JSONValue.parse("[2, 1]", limits: JSONLimits())) == "[2=2.0 1=1.0]")
    #expect(throws: JSONError.emptyDocument) { try JSONValue.parse("", limits: JSONLimits()) }
  }
}

extension Outcome {
  var isSuccess: Bool { (try? get()) != nil }
}
