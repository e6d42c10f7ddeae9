import Glibc
import Testing
import UpconvJSON
import UpconvTensor
import UpconvTestSupport

@Suite struct DecimalFloatTests {
  /// The bits that the reader makes of these texts: in its quick ways, and cut inside of every number.
  private func bits(_ texts: [String], sourceLocation: SourceLocation = #_sourceLocation) throws -> [UInt32] {
    let document = Array(("[" + texts.joined(separator: ",") + "]").utf8)
    let whole = try tensor(document).elements.map(\.bitPattern)
    var cuts: [Int] = []
    var start = 1
    for text in texts {
      cuts.append(start + text.utf8.count / 2)
      start += text.utf8.count + 1
    }
    let split = try tensor(document, cutAt: cuts).elements.map(\.bitPattern)
    #expect(split == whole, sourceLocation: sourceLocation)
    let blanks = [UInt8](repeating: 0x20, count: 64)
    for instructions in DecimalInstructions.available {
      let padded = try tensor(blanks + document + blanks, by: instructions).elements.map(\.bitPattern)
      #expect(padded == whole, "\(instructions)", sourceLocation: sourceLocation)
    }
    return whole
  }

  @Test(
    "A number is rounded once, ties to even",
    arguments: [
      ("0", 0x0000_0000), ("-0", 0x8000_0000), ("-0.0", 0x8000_0000), ("0e99999", 0), ("-0e-5", 0x8000_0000),
      ("1", 0x3F80_0000), ("0.1", 0x3DCC_CCCD), ("100000000000000000000000", 0x65A9_6816),
      // 2^24 + 1 lies in the middle between 2^24 and 2^24 + 2; the next one goes up.
      ("16777217", 0x4B80_0000), ("16777219", 0x4B80_0002), ("16777217.0000000000000000001", 0x4B80_0001),
      ("16777216.999999999999999999", 0x4B80_0000),
      // The middle above 1, exact, and with a digit that a double does not hold.
      ("1.000000059604644775390625", 0x3F80_0000), ("1.0000000596046447753906251", 0x3F80_0001),
      ("1.00000005960464477539062500000000000000000000000000001", 0x3F80_0001),
      ("1.0000000596046447754", 0x3F80_0001), ("1.0000000596046447753", 0x3F80_0000),
      // 19 digits are read by way of a double, which falls on the middle here though the number does not.
      ("1.000000059604644776", 0x3F80_0001), ("1.000000178813934326", 0x3F80_0001),
      ("1.00000017881393432617187499", 0x3F80_0001), ("1.000000178813934326171875", 0x3F80_0002),
      // The largest float, and the last decimal that goes down to it.
      ("3.4028234663852886e38", 0x7F7F_FFFF), ("340282356779733661637539395458142568447", 0x7F7F_FFFF),
      // Around the smallest normal float, denormals, and underflow.
      ("1.17549435e-38", 0x0080_0000), ("1.1754943e-38", 0x0080_0000), ("1.1754942e-38", 0x007F_FFFF),
      ("1.1754942807573643e-38", 0x0080_0000), ("1.4e-45", 1), ("7.1e-46", 1), ("7e-46", 0),
      ("7.006492321624085e-46", 0), ("7.006492321624086e-46", 1), ("-1e-46", 0x8000_0000), ("1e-400", 0),
      ("-1e-400", 0x8000_0000), ("1e-99999999999999999999", 0),
    ] as [(String, UInt32)])
  func rounding(text: String, expected: UInt32) throws {
    #expect(try bits([text]) == [expected])
    #expect(strtof(text, nil).bitPattern == expected)
  }

  @Test func `Ten thousand digits are read to the last`() throws {
    let zeros = String(repeating: "0", count: 9_975)
    let middle = "1.000000059604644775390625" + zeros
    #expect(try bits([middle, middle + "1"]) == [0x3F80_0000, 0x3F80_0001])
    #expect(try bits([String(repeating: "9", count: 10_000) + "e-10000"]) == [0x3F80_0000])
    #expect(try bits(["0." + zeros + "12e9976"]) == [Float(1.2).bitPattern])
    #expect(read(Array(("[1" + zeros + "]").utf8), numbersAt: isAnyArray).isSuccess == false)
  }

  @Test func `Random decimals agree with strtof to the bit`() throws {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<20 {
      let texts = (0..<2_500).map { _ in decimal(&random) }
      let expected = texts.map { strtof($0, nil) }
      let finite = zip(texts, expected).filter { $1.isFinite }
      let found = try bits(finite.map(\.0))
      for (index, (text, float)) in finite.enumerated() where found[index] != float.bitPattern {
        Issue.record("\(text): \(Float(bitPattern: found[index])), strtof: \(float)")
      }
      for (text, float) in zip(texts, expected).filter({ $1.isInfinite }).prefix(20) {
        #expect(!read(Array("[\(text)]".utf8), numbersAt: isAnyArray).isSuccess, "\(float)")
      }
    }
  }

  @Test func `Decimals next to the middle of two floats agree with strtof to the bit`() throws {
    var random = SeededGenerator(seed: 2)
    var texts: [String] = []
    while texts.count < 30_000 {
      let float = Float(bitPattern: UInt32.random(in: 0..<0x7F00_0000, using: &random))
      let middle = (Double(float) + Double(float.nextUp)) / 2
      let near = Double(bitPattern: middle.bitPattern &+ UInt64.random(in: 0...12, using: &random) &- 6)
      texts.append(near.description)
    }
    #expect(try bits(texts) == texts.map { strtof($0, nil).bitPattern })
  }

  /// 1 to 40 digits, with or without point and exponent.
  private func decimal(_ random: inout SeededGenerator) -> String {
    var digits = (0..<Int.random(in: 1...40, using: &random)).map { _ in
      Character(Unicode.Scalar(0x30 + UInt8.random(in: 0...9, using: &random)))
    }
    if digits.count > 1, digits[0] == "0" { digits.insert(".", at: 1) }
    if digits.count > 2, digits[1] != ".", Bool.random(using: &random) {
      digits.insert(".", at: Int.random(in: 1..<digits.count, using: &random))
    }
    let sign = Bool.random(using: &random) ? "-" : ""
    let letter = Bool.random(using: &random) ? "e" : "E"
    let exponentSign = ["", "+", "-"].randomElement(using: &random) ?? ""
    switch Int.random(in: 0...3, using: &random) {
    case 0: return sign + String(digits)
    case 1: return sign + String(digits) + letter + exponentSign + "\(Int.random(in: 0...20, using: &random))"
    case 2: return sign + String(digits) + "e\(Int.random(in: -80...38, using: &random))"
    default: return sign + String(digits) + letter + "-0\(Int.random(in: 0...60, using: &random))"
    }
  }
}
