import Testing
import UpconvJSON
import UpconvTensor
import UpconvTestSupport

@Suite struct JSONTensorEncoderTests {
  private func text(_ dimensions: [Int], _ elements: [Float], nested: Bool, maxBytes: Int = 1 << 16) throws
    -> String
  {
    let tensor = try #require(Tensor(dimensions: dimensions, elements: elements))
    var encoder = JSONTensorEncoder(tensor: tensor, nested: nested)
    var output: [UInt8] = []
    var size = 0
    while encoder.append(to: &output, upTo: maxBytes) {
      #expect(output.count > size)
      #expect(output.count - size <= max(maxBytes, 64))
      size = output.count
    }
    #expect(!encoder.append(to: &output, upTo: maxBytes))
    return String(decoding: output, as: UTF8.self)
  }

  @Test(
    "Brackets follow the shape",
    arguments: [
      ([], [7], "7"), ([0], [], "[]"), ([1], [7], "[7]"), ([2], [7, 0.5], "[7,0.5]"),
      ([2, 0], [], "[[],[]]"),
      ([2, 0, 3], [], "[[],[]]"), ([0, 3], [], "[]"), ([1, 1, 1], [-1], "[[[-1]]]"),
      ([2, 2], [1, 2, 3, 4], "[[1,2],[3,4]]"), ([2, 1, 2], [1, 2, 3, 4], "[[[1,2]],[[3,4]]]"),
      ([2, 2, 1], [1, 2, 3, 4], "[[[1],[2]],[[3],[4]]]"),
    ] as [([Int], [Float], String)])
  func nested(dimensions: [Int], elements: [Float], expected: String) throws {
    for maxBytes in [1, 40, 1000] {
      #expect(try text(dimensions, elements, nested: true, maxBytes: maxBytes) == expected)
    }
  }

  @Test(
    "Flat text has one array whatever the shape",
    arguments: [
      ([], [7], "[7]"), ([0], [], "[]"), ([2, 0], [], "[]"), ([2, 2], [1, 2, 3, 4], "[1,2,3,4]"),
    ] as [([Int], [Float], String)])
  func flat(dimensions: [Int], elements: [Float], expected: String) throws {
    for maxBytes in [1, 40, 1000] {
      #expect(try text(dimensions, elements, nested: false, maxBytes: maxBytes) == expected)
    }
  }

  /// A block of 64 that are all small and whole goes another way than others; so it is tried with each number at each
  /// place, and with one number besides that is not.
  @Test func `Small whole numbers are written as they are, alone and among others`() throws {
    let others: [Float] = [-0.0, -1, 0.5, 998.5, 999.00006, 1000, 1e30, .leastNonzeroMagnitude]
    for instructions in DecimalInstructions.available {
      for length in [1, 7, 63, 64, 65, 128, 200] {
        for start in 0..<1000 {
          let numbers = (0..<length).map { ($0 + start) % 1000 }
          let expected = "[" + numbers.map(String.init).joined(separator: ",") + "]"
          #expect(try flatText(numbers.map(Float.init), by: instructions) == expected)
        }
        for other in others {
          for place in 0..<length {
            var numbers = (0..<length).map { Float($0 % 1000) }
            numbers[place] = other
            var text: [UInt8] = []
            #expect(JSONText.append(other, to: &text, by: instructions))
            let texts = numbers.indices.map { $0 == place ? String(decoding: text, as: UTF8.self) : "\($0 % 1000)" }
            #expect(try flatText(numbers, by: instructions) == "[" + texts.joined(separator: ",") + "]")
          }
        }
      }
    }
  }

  @Test func `Small whole numbers keep to their rows`() throws {
    for rowLength in [1, 2, 3, 31, 64, 65, 100] {
      let numbers = (0..<rowLength * 130).map { $0 * 7 % 1000 }
      let rows = stride(from: 0, to: numbers.count - numbers.count % rowLength, by: rowLength).map {
        Array(numbers[$0..<$0 + rowLength])
      }
      let tensor = try #require(
        Tensor(dimensions: [rows.count, rowLength], elements: rows.joined().map(Float.init)))
      let expected =
        "[" + rows.map { "[" + $0.map(String.init).joined(separator: ",") + "]" }.joined(separator: ",") + "]"
      for instructions in DecimalInstructions.available {
        for maxBytes in [100, 1000, .max] {
          var encoder = JSONTensorEncoder(tensor: tensor, nested: true, by: instructions)
          var text: [UInt8] = []
          while encoder.append(to: &text, upTo: maxBytes) {}
          #expect(String(decoding: text, as: UTF8.self) == expected)
        }
      }
    }
  }

  private func flatText(_ numbers: [Float], by instructions: DecimalInstructions) throws -> String {
    let tensor = try #require(Tensor(dimensions: [numbers.count], elements: numbers))
    var encoder = JSONTensorEncoder(tensor: tensor, nested: false, by: instructions)
    var output: [UInt8] = []
    while encoder.append(to: &output, upTo: 1 << 16) {}
    return String(decoding: output, as: UTF8.self)
  }

  @Test func `Random tensors read back the same`() throws {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<200 {
      let dimensions = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        Int.random(in: 1...6, using: &random)
      }
      let elements = (0..<dimensions.reduce(1, *)).map { _ in
        Bool.random(using: &random)
          ? Float.random(in: -1...1, using: &random)
          : Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000, using: &random))
      }
      let maxBytes = Int.random(in: 0...500, using: &random)
      let document = Array(try text(dimensions, elements, nested: true, maxBytes: maxBytes).utf8)
      let back = try tensor(document, cutAt: [Int.random(in: 0...document.count, using: &random)])
      #expect(back.shape.dimensions == dimensions)
      #expect(back.elements.map(\.bitPattern) == elements.map(\.bitPattern))
    }
  }

  @Test func `A long tensor comes in parts within the bound`() throws {
    let elements = (0..<50_000).map { Float($0) / 3 }
    let document = Array(try text([500, 100], elements, nested: true, maxBytes: 1000).utf8)
    #expect(try tensor(document).elements == elements)
    let large = Array(try text([500, 100], elements, nested: true, maxBytes: 1 << 20).utf8)
    #expect(large == document)
  }

  @Test func `What JSON has no text for is found, and null if it is written all the same`() throws {
    let tensor = try #require(Tensor(dimensions: [3], elements: [1, .nan, .infinity]))
    #expect(tensor.firstNonFiniteIndex == 1)
    #expect(try #require(Tensor(dimensions: [1], elements: [1])).firstNonFiniteIndex == nil)
    for (index, wrong) in [(0, Float.nan), (1023, -.infinity), (1024, .signalingNaN), (2999, -.nan)] {
      var elements = (0..<3000).map { _ in -Float.greatestFiniteMagnitude }
      elements[index] = wrong
      elements[2999] = wrong
      #expect(try #require(Tensor(dimensions: [3000], elements: elements)).firstNonFiniteIndex == index)
    }
    #expect(try text([3], [1, .nan, -.infinity], nested: true) == "[1,null,null]")
  }
}
