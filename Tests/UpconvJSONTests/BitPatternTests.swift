import Glibc
import Testing
import UpconvJSON
import UpconvTensor
import UpconvTestSupport

/// Random float32 of all bit patterns, by every instruction set, beside the C library and Swift's own text.
///
/// `UPCONV_TEST_BIT_PATTERNS=10000000` in the environment sets how many.
@Suite struct BitPatternTests {
  private static let count: Int = {
    if let text = getenv("UPCONV_TEST_BIT_PATTERNS"), let count = Int(String(cString: text)) { return count }
    #if DEBUG
      return 20_000
    #else
      return 1_000_000
    #endif
  }()

  private static let batches = (count + 9_999) / 10_000

  /// Most are random; denormals, integers, powers of two and plain numbers are rare among those.
  private func numbers(_ random: inout SeededGenerator) -> [Float] {
    var numbers: [Float] = []
    while numbers.count < 9_000 {
      let number = Float(bitPattern: UInt32.random(in: 0...(.max), using: &random))
      if number.isFinite { numbers.append(number) }
    }
    for _ in 0..<200 {
      numbers.append(Float(bitPattern: UInt32.random(in: 0..<0x80_0000, using: &random)))
      numbers.append(Float(Int.random(in: -20_000_000...20_000_000, using: &random)))
      numbers.append(Float(sign: .minus, exponent: Int.random(in: -126...127, using: &random), significand: 1))
      numbers.append(Float(Int.random(in: -9_999...9_999, using: &random)) / 1000)
      numbers.append(Float.random(in: -3...3, using: &random))
    }
    return numbers
  }

  /// Swift's text is the shortest, and the nearest of the shortest; ours leaves out the fraction of integers.
  private func expectedText(_ number: Float) -> String {
    guard number.magnitude <= 0x1p24, number == number.rounded(), number.bitPattern != 0x8000_0000 else {
      return number.description
    }
    return Int32(number).description
  }

  @Test func `Shortest text reads back the same, here and with strtof`() throws {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<Self.batches {
      let numbers = numbers(&random)
      let whole = try #require(Tensor(dimensions: [numbers.count], elements: numbers))
      let expected = "[" + numbers.map(expectedText).joined(separator: ",") + "]"
      for instructions in DecimalInstructions.available {
        var encoder = JSONTensorEncoder(tensor: whole, nested: false, by: instructions)
        var text: [UInt8] = []
        while encoder.append(to: &text, upTo: 1 << 20) {}
        if String(decoding: text, as: UTF8.self) != expected { Issue.record("\(instructions) writes otherwise") }
        let back = try tensor(text, by: instructions).elements
        if !zip(back, numbers).allSatisfy({ $0.bitPattern == $1.bitPattern }) {
          Issue.record("\(instructions) reads otherwise")
        }
      }
      expectSameByStrtof(expected, numbers)
    }
  }

  @Test(arguments: [6, 9, 12, 17])
  func `Text of the C library is read as the C library reads it`(digits: Int) throws {
    var random = SeededGenerator(seed: UInt64(digits))
    for _ in 0..<max(1, Self.batches / 4) {
      let texts = numbers(&random).map { number in
        var room = [CChar](repeating: 0, count: 64)
        withVaList([Double(number)]) { _ = vsnprintf(&room, room.count, "%.\(digits)g", $0) }
        return room.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      }
      let finite = texts.map { strtof($0, nil) }
      // Six digits of the largest floats are beyond the range.
      let kept = zip(texts, finite).filter { $1.isFinite }
      let document = Array(("[" + kept.map(\.0).joined(separator: ",") + "]").utf8)
      for instructions in DecimalInstructions.available {
        let found = try tensor(document, by: instructions).elements
        for (number, (text, expected)) in zip(found, kept) where number.bitPattern != expected.bitPattern {
          Issue.record("\(instructions): \(text) is \(number), strtof: \(expected)")
        }
      }
    }
  }

  private func expectSameByStrtof(_ document: String, _ numbers: [Float]) {
    let bytes = document.utf8.map { CChar(bitPattern: $0) } + [0]
    bytes.withUnsafeBufferPointer { bytes in
      guard var cursor = bytes.baseAddress.map({ UnsafeMutablePointer(mutating: $0) }) else { return }
      for number in numbers {
        var end: UnsafeMutablePointer<CChar>?
        if strtof(cursor + 1, &end).bitPattern != number.bitPattern { Issue.record("strtof differs for \(number)") }
        guard let end else { return }
        cursor = end
      }
    }
  }
}
