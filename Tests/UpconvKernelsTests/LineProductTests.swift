import CTiles
import Testing
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

/// Products along lines of pixels. Numbers are small and whole, so that every sum is exact whatever its order; what the
/// description does not name is a NaN or lies behind a guard.
@Suite struct LineProductTests {
  private struct Case {
    var rows: Int
    var columns: Int
    var segments: Int
    var depth: Int
    var filterGap = 0
    var pixelGap = 0
    var sumGap = 0
    var edge = GuardedBuffer<Float>.Edge.end

    func fault(_ tiles: Tiles, _ generator: inout SeededGenerator) -> String? {
      func whole() -> Float { Float(Int.random(in: -8...8, using: &generator)) }
      let filterStep = rows + filterGap
      let filters = (0..<max(0, segments * depth * filterStep - filterGap)).map {
        $0 % filterStep < rows ? whole() : .nan
      }
      // Each segment begins one pixel further, so that vectors overlap and lie across their own boundaries.
      let pixelStep = columns + max(0, segments - 1) + pixelGap
      let pixels = (0..<max(0, depth * pixelStep - pixelGap)).map {
        $0 % pixelStep < pixelStep - pixelGap ? whole() : .nan
      }
      let sumStep = columns + sumGap
      let places = (0..<rows).map { $0 * sumStep }.shuffled(using: &generator)
      let sums = GuardedBuffer<Float>(count: max(0, rows * sumStep - sumGap), touching: edge)
      var expected = [Int: Float]()
      for (row, place) in places.enumerated() {
        for x in 0..<columns {
          sums.start[place + x] = whole()
          var sum = sums.start[place + x]
          for segment in 0..<segments {
            for k in 0..<depth {
              sum += filters[(segment * depth + k) * filterStep + row] * pixels[segment + k * pixelStep + x]
            }
          }
          expected[place + x] = sum
        }
      }
      let (guardedFilters, guardedPixels) = (
        GuardedBuffer(reading: filters, touching: edge), GuardedBuffer(reading: pixels, touching: edge)
      )
      let offsets = GuardedBuffer<Int>(reading: Array(0..<segments) + places)
      withExtendedLifetime((guardedFilters, guardedPixels, offsets, sums)) {
        tiles.lineProduct(
          upconv_line_product(
            filters: guardedFilters.start, filter_step: filterStep, rows: rows, pixels: guardedPixels.start,
            pixel_step: pixelStep, segment_offsets: offsets.start, segments: segments, depth: depth,
            columns: columns, sums: sums.start, sum_offsets: offsets.start + segments, next: guardedPixels.start,
            next_count: 1000))
      }
      for index in 0..<sums.count {
        let isRight = expected[index].map { $0 == sums.start[index] } ?? sums.isUnwritten(index)
        if !isRight { return "\(self): \(sums.start[index]) at \(index), not \(expected[index] ?? .nan)" }
      }
      return sums.isCleanBeside ? nil : "\(self): wrote beside the sums"
    }
  }

  @Test(arguments: InstructionSet.available)
  func `Every number of rows and vectors is right, and nothing else is touched`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: 7)
    for rows in 0...27 {
      for vectors in 0...5 {
        for edge in GuardedBuffer<Float>.Edge.allCases {
          var product = Case(rows: rows, columns: vectors * tiles.lanes, segments: 2, depth: 3, edge: edge)
          #expect(product.fault(tiles, &generator) == nil)
          (product.filterGap, product.pixelGap, product.sumGap) = (3, 5, 7)
          #expect(product.fault(tiles, &generator) == nil)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `Every number of segments and products is right`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: 8)
    for segments in 0...5 {
      for depth in [0, 1, 2, 3, 16, 33] {
        let product = Case(rows: 13, columns: 3 * tiles.lanes, segments: segments, depth: depth, pixelGap: 1)
        #expect(product.fault(tiles, &generator) == nil)
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `A sum has the same bits whichever tile it falls to`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: 9)
    let (rows, columns, depth) = (25, 3 * tiles.lanes, 37)
    let filters = generator.tensor([2 * depth * rows]).elements
    let pixels = generator.tensor([depth * (columns + 1)]).elements
    func product(rows range: Range<Int>, from column: Int, _ count: Int) -> [[UInt32]] {
      var sums = [Float](repeating: 0.25, count: range.count * count)
      let offsets = [1, 0] + (0..<range.count).map { $0 * count }
      filters.withUnsafeBufferPointer { filters in
        pixels.withUnsafeBufferPointer { pixels in
          offsets.withUnsafeBufferPointer { offsets in
            sums.withUnsafeMutableBufferPointer { sums in
              tiles.lineProduct(
                upconv_line_product(
                  filters: filters.baseAddress! + range.lowerBound, filter_step: rows, rows: range.count,
                  pixels: pixels.baseAddress! + column, pixel_step: columns + 1,
                  segment_offsets: offsets.baseAddress!, segments: 2, depth: depth, columns: count,
                  sums: sums.baseAddress!, sum_offsets: offsets.baseAddress! + 2, next: pixels.baseAddress!,
                  next_count: 0))
            }
          }
        }
      }
      return (0..<range.count).map { row in sums[row * count..<(row + 1) * count].map(\.bitPattern) }
    }
    let whole = product(rows: 0..<rows, from: 0, columns)
    for first in 0..<rows {
      #expect(product(rows: first..<rows, from: 0, columns) == Array(whole[first...]))
      #expect(
        product(rows: first..<first + 1, from: tiles.lanes, tiles.lanes)
          == [Array(whole[first][tiles.lanes..<2 * tiles.lanes])])
    }
  }
}
