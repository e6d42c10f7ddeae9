import CTiles
import Testing
import UpconvKernels
import UpconvTestSupport

/// Whole numbers, so that every sum is exact and results are compared bit for bit with the plain product.
@Suite struct StrassenProductTests {
  /// Pixels times the weights of two kernel rows, from pairs of pixels to their four outputs.
  private struct Case {
    let pixels: Int
    let channels: Int
    let vectors: Int
    let columns: Int
    let run: Int
    let hasBias: Bool
    let store: ProductCase.Store
    let edge: GuardedBuffer<Float>.Edge

    init(_ tiles: Tiles, pixels: Int, channels: Int, vectors: Int, _ generator: inout SeededGenerator) {
      self.pixels = pixels
      self.channels = channels
      self.vectors = vectors
      let width = vectors * tiles.lanes
      columns = generator.pick([width, Int.random(in: width - tiles.lanes + 1...width, using: &generator)])
      run = generator.pick([1, 7, 16, 1000])
      hasBias = generator.pick([true, false])
      store = generator.pick(ProductCase.Store.allCases)
      edge = generator.pick(GuardedBuffer<Float>.Edge.allCases)
    }

    /// What is wrong; nil where nothing.
    func fault(_ tiles: Tiles, _ generator: inout SeededGenerator) -> String? {
      func whole() -> Float { Float(Int.random(in: -9...9, using: &generator)) }
      let half = channels / 2
      let width = vectors * tiles.lanes
      let pairs = (pixels + 1) / 2
      let input = (0..<pixels * channels).map { _ in whole() }
      /// [kernel row][channel][column]
      let weights = (0..<2 * channels * columns).map { _ in whole() }
      let bias = (0..<columns).map { _ in whole() }
      let before = (0..<2 * pixels * columns).map { _ in whole() }
      let left = GuardedBuffer<Float>(count: pairs * 7 * half, touching: edge)
      let given = GuardedBuffer(reading: input, touching: edge)
      let largest = withExtendedLifetime((left, given)) {
        tiles.pairSums(
          upconv_pair_sums(
            input: given.start, pixel_step: channels, pixels: pixels, channels: channels, output: left.start,
            pair_step: 7 * half))
      }
      guard largest == input.map(abs).max() else { return "\(largest) is not the largest" }
      var right = [Float](repeating: 0, count: 7 * half * width)
      for k in 0..<half {
        for column in 0..<columns {
          func weight(_ row: Int, _ channel: Int) -> Float { weights[(row * channels + channel) * columns + column] }
          let (p1, p2, q1, q2) = (weight(0, k), weight(0, half + k), weight(1, k), weight(1, half + k))
          let factors = [p1, p2, p1 - q1 + q2, q2 - q1, p2 - p1 + q1 - q2, q1 - p1, q2]
          for (index, factor) in factors.enumerated() { right[(index * half + k) * width + column] = factor }
        }
      }
      let panel = GuardedBuffer(reading: right, touching: edge)
      let start = GuardedBuffer(reading: bias, touching: edge)
      // Kernel row after kernel row, pixel after pixel.
      let output = GuardedBuffer<Float>(count: 2 * pixels * columns, touching: edge)
      let unused = GuardedBuffer<Float>(count: width, touching: edge)
      if !hasBias { for index in before.indices { output.start[index] = before[index] } }
      let places = GuardedBuffer<Int>(reading: (0..<2 * pairs).map { $0 < pixels ? $0 * columns : .min })
      let slopes = GuardedBuffer(reading: ProductCase.Store.slopes(columns), touching: edge)
      withExtendedLifetime((left, panel, start, slopes, output, unused, places)) {
        tiles.strassenProduct(
          upconv_strassen_product(
            input: left.start, pair_step: 7 * half, sum_step: half, rows: pairs, depth: half, run: run,
            panel: panel.start, panel_vectors: vectors, columns: columns, output: output.start,
            output_offsets: places.start, second_panel: pixels * columns, unused: unused.start,
            bias: hasBias ? UnsafePointer(start.start) : nil, activation: store.activation(slopes: slopes.start),
            next_panel: nil))
      }
      for index in 0..<output.count {
        let (row, rest) = index.quotientAndRemainder(dividingBy: pixels * columns)
        let (pixel, column) = rest.quotientAndRemainder(dividingBy: columns)
        var expected = hasBias ? bias[column] : before[index]
        for channel in 0..<channels {
          expected += input[pixel * channels + channel] * weights[(row * channels + channel) * columns + column]
        }
        expected = Float(store(Double(expected), column: column))
        guard output.start[index] == expected else {
          return "pixel \(pixel), row \(row), column \(column): \(output.start[index]), not \(expected)"
        }
      }
      return output.isCleanBeside && unused.isCleanBeside && left.isCleanBeside ? nil : "wrote beside"
    }
  }

  @Test(arguments: InstructionSet.available, [1, 2])
  func `Pairs of pixels times two kernel rows, and nothing else is touched`(set: InstructionSet, vectors: Int) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: UInt64(vectors))
    for pixels in 1...37 {
      for channels in [2, 6, 16, 34, 64, 70] {
        let given = Case(tiles, pixels: pixels, channels: channels, vectors: vectors, &generator)
        let fault = given.fault(tiles, &generator)
        #expect(fault == nil, "\(given)")
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `A number that is not finite is told of, wherever it is`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    let (pixels, channels) = (3, 38)
    let sums = GuardedBuffer<Float>(count: 2 * 7 * channels / 2)
    for place in 0..<pixels * channels {
      for value in [Float.nan, -.infinity] {
        var numbers = [Float](repeating: 1, count: pixels * channels)
        numbers[place] = value
        let input = GuardedBuffer(reading: numbers)
        let largest = withExtendedLifetime((input, sums)) {
          tiles.pairSums(
            upconv_pair_sums(
              input: input.start, pixel_step: channels, pixels: pixels, channels: channels, output: sums.start,
              pair_step: 7 * channels / 2))
        }
        #expect(!largest.isFinite, "\(value) at \(place)")
      }
    }
  }
}
