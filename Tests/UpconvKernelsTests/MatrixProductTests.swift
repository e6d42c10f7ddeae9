import CTiles
import Testing
import UpconvKernels
import UpconvTestSupport

/// Whole numbers, so that every sum is exact and results are compared bit for bit.
@Suite struct MatrixProductTests {
  @Test(arguments: InstructionSet.available, [1, 2])
  func `A matrix times a panel, and nothing else is touched`(set: InstructionSet, vectors: Int) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: UInt64(vectors))
    for rows in 0...35 {
      for depth in [1, 2, 15, 16, 17, 31, 32, 33, 64, 100] {
        let run = generator.pick([1, 7, 16, 32, 1000])
        let fault = MatrixProductTests.fault(
          tiles, rows: rows, depth: depth, run: run, vectors: vectors, &generator)
        #expect(fault == nil, "\(rows) rows, depth \(depth), runs of \(run)")
      }
    }
  }

  private static func fault(
    _ tiles: Tiles, rows: Int, depth: Int, run: Int, vectors: Int, _ generator: inout SeededGenerator
  ) -> String? {
    let width = vectors * tiles.lanes
    let inputStep = depth + generator.pick([0, 3])
    let outputStep = width + generator.pick([0, 5])
    let edge = generator.pick(GuardedBuffer<Float>.Edge.allCases)
    func whole() -> Float { Float(Int.random(in: -9...9, using: &generator)) }
    let numbers = (0..<max(0, (rows - 1) * inputStep + depth)).map { $0 % inputStep < depth ? whole() : .nan }
    let matrix = (0..<depth * width).map { _ in whole() }
    let input = GuardedBuffer(reading: rows == 0 ? [] : numbers, touching: edge)
    let panel = GuardedBuffer(reading: matrix, touching: edge)
    let output = GuardedBuffer<Float>(count: rows == 0 ? 0 : (rows - 1) * outputStep + width, touching: edge)
    let hasNext = generator.pick([true, false])
    withExtendedLifetime((input, panel, output)) {
      tiles.matrixProduct(
        upconv_matrix_product(
          input: input.start, input_step: inputStep, rows: rows, depth: depth, run: run, panel: panel.start,
          panel_vectors: vectors, output: output.start, output_step: outputStep,
          // It is not read: what would come after this panel begins in the guard.
          next_panel: hasNext ? UnsafePointer(panel.start + panel.count) : nil))
    }
    for index in 0..<output.count {
      let (row, column) = index.quotientAndRemainder(dividingBy: outputStep)
      guard column < width else {
        guard output.isUnwritten(index) else { return "wrote between rows" }
        continue
      }
      let expected = (0..<depth).reduce(Float(0)) { $0 + numbers[row * inputStep + $1] * matrix[$1 * width + column] }
      guard output.start[index] == expected else { return "row \(row), column \(column)" }
    }
    return output.isCleanBeside ? nil : "wrote beside the output"
  }

  @Test(arguments: InstructionSet.available)
  func `Sums of short runs round less than one long sum`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    // 1, and then many numbers each of which is lost beside it but not their sum.
    let depth = 4097
    var numbers = [Float](repeating: 0x1p-25, count: depth)
    numbers[0] = 1
    let input = GuardedBuffer(reading: numbers)
    let panel = GuardedBuffer(reading: [Float](repeating: 1, count: depth * tiles.lanes))
    func sum(run: Int) -> Float {
      let output = GuardedBuffer<Float>(count: tiles.lanes)
      withExtendedLifetime((input, panel, output)) {
        tiles.matrixProduct(
          upconv_matrix_product(
            input: input.start, input_step: depth, rows: 1, depth: depth, run: run, panel: panel.start,
            panel_vectors: 1, output: output.start, output_step: tiles.lanes, next_panel: nil))
      }
      return output.start[0]
    }
    #expect(sum(run: depth) == 1)
    #expect(sum(run: 32) > 1 + 0x1p-14)
  }
}
