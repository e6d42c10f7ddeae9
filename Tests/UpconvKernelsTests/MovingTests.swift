import Testing
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

/// What only moves numbers, adds them or looks at them.
@Suite struct MovingTests {
  private static let counts = Array(0...35) + [63, 64, 65, 127, 200]
  private static let edges = GuardedBuffer<Float>.Edge.allCases

  @Test(arguments: InstructionSet.available)
  func `A transposition moves each number to its place, and touches nothing else`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    let sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 25]
    for rows in sizes {
      for columns in sizes {
        for (inputGap, outputGap) in [(0, 0), (3, 0), (0, 2), (1, 7)] {
          let (inputStep, outputStep) = (columns + inputGap, rows + outputGap)
          let numbers = (0..<rows * inputStep - inputGap).map {
            $0 % inputStep < columns ? Float($0) : Float.nan
          }
          for edge in MovingTests.edges {
            let input = GuardedBuffer(reading: numbers, touching: edge)
            let output = GuardedBuffer<Float>(count: columns * outputStep - outputGap, touching: edge)
            withExtendedLifetime((input, output)) {
              tiles.transpose(
                input.start, inputStep: inputStep, rows: rows, columns: columns, to: output.start,
                outputStep: outputStep)
            }
            let isRight = (0..<output.count).allSatisfy { index in
              let (column, row) = index.quotientAndRemainder(dividingBy: outputStep)
              return row < rows
                ? output.start[index] == numbers[row * inputStep + column] : output.isUnwritten(index)
            }
            #expect(isRight && output.isCleanBeside, "\(rows)x\(columns), gaps \(inputGap) and \(outputGap)")
          }
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `A scaled addition adds every number, and touches nothing else`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: 1)
    for count in MovingTests.counts {
      for edge in MovingTests.edges {
        let (a, b) = (generator.tensor([count]).elements, generator.tensor([count]).elements)
        let sum = GuardedBuffer<Float>(count: count, touching: edge)
        for (index, number) in a.enumerated() { sum.start[index] = number }
        let addend = GuardedBuffer(reading: b, touching: edge)
        withExtendedLifetime((sum, addend)) { tiles.add(-2, addend.start, to: sum.start, count: count) }
        // A power of two, so that fused and separate roundings agree.
        #expect(sum.elements == zip(a, b).map { $0 - 2 * $1 }, "\(count) numbers")
        #expect(sum.isCleanBeside)
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `The largest magnitude is found wherever it stands`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: 2)
    for count in MovingTests.counts {
      let numbers = generator.tensor([count]).elements
      #expect(largest(numbers, tiles) == numbers.map(abs).max() ?? 0)
      for index in numbers.indices {
        for large in [2, -3, .infinity, -.infinity, .greatestFiniteMagnitude] as [Float] {
          var numbers = numbers
          numbers[index] = large
          #expect(largest(numbers, tiles) == abs(large))
        }
        for nan in [Float.nan, -.nan, .signalingNaN] {
          var numbers = numbers
          numbers[index] = nan
          // Infinity beside it does not hide it.
          numbers[(index + 1) % count] = count > 1 ? -.infinity : nan
          #expect(largest(numbers, tiles).isNaN)
        }
      }
    }
    #expect(largest([0, -0.0], tiles).bitPattern == 0)
    #expect(largest([-.leastNonzeroMagnitude, 0], tiles) == .leastNonzeroMagnitude)
  }

  private func largest(_ numbers: [Float], _ tiles: Tiles) -> Float {
    let answers = MovingTests.edges.flatMap { edge in
      let from = GuardedBuffer(reading: numbers, touching: edge)
      let to = GuardedBuffer<Float>(count: numbers.count, touching: edge)
      return withExtendedLifetime((from, to)) {
        let answers = [
          tiles.largestMagnitude(UnsafeBufferPointer(start: from.start, count: from.count)),
          tiles.copy(from.start, count: from.count, to: to.start),
        ]
        #expect(to.elements.map(\.bitPattern) == numbers.map(\.bitPattern), "the copy")
        #expect(to.isCleanBeside)
        return answers
      }
    }
    #expect(Set(answers.map(\.bitPattern)).count == 1)
    return answers[0]
  }
}
