import Testing
import UpconvJSON

@Suite struct JSONTextTests {
  private func text(_ number: Float) -> String {
    var output: [UInt8] = []
    #expect(JSONText.append(number, to: &output))
    for instructions in DecimalInstructions.available {
      var same: [UInt8] = []
      #expect(JSONText.append(number, to: &same, by: instructions))
      #expect(same == output, "\(instructions)")
    }
    return String(decoding: output, as: UTF8.self)
  }

  @Test(
    "A number has its shortest text",
    arguments: [
      (0, "0"), (-0.0, "-0.0"), (2, "2"), (-1, "-1"), (9, "9"), (10, "10"), (16_777_215, "16777215"),
      (-16_777_215, "-16777215"), (0x1p24, "16777216"), (16_777_218, "1.6777218e+07"), (0.1, "0.1"), (-2.5, "-2.5"),
      (1e20, "1e+20"),
      (.greatestFiniteMagnitude, "3.4028235e+38"),
      (.leastNonzeroMagnitude, "1e-45"),
    ] as [(Float, String)])
  func shortest(number: Float, expected: String) {
    #expect(text(number) == expected)
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan, .signalingNaN])
  func `A number that is not finite is not written`(number: Float) {
    var output: [UInt8] = [1]
    #expect(!JSONText.append(number, to: &output))
    #expect(output == [1])
  }

  @Test(
    "A string reads back the same",
    arguments: [
      "", "plain", "\"\\/", "\0\u{1}\u{8}\t\n\u{B}\u{C}\r\u{1F}\u{7F}", "é€😀\u{10FFFF}", "e\u{301}",
      "\u{2028}",
    ])
  func strings(string: String) throws {
    var output: [UInt8] = []
    JSONText.append(string, to: &output)
    guard case .string(let back) = try value(of: output) else {
      Issue.record("no string")
      return
    }
    #expect(Array(back.utf8) == Array(string.utf8))
  }

  @Test func `Only what must be escaped is escaped`() {
    var output: [UInt8] = []
    JSONText.append("a\"b\\c/\u{1}\n\u{7F}é", to: &output)
    #expect(String(decoding: output, as: UTF8.self) == "\"a\\\"b\\\\c/\\u0001\\n\u{7F}é\"")
  }
}
