import CTiles
import Testing
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

@Suite struct ProductTests {
  @Test(arguments: InstructionSet.available)
  func `A product is the sum that its description says, and touches nothing else`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    for seed in 0..<1500 {
      var generator = SeededGenerator(seed: UInt64(seed))
      let product = ProductCase(&generator, lanes: tiles.lanes)
      guard let fault = product.fault(tiles, seed: UInt64(seed)) else { continue }
      Issue.record("\(set), seed \(seed): \(fault)")
      return
    }
  }

  @Test(arguments: InstructionSet.available)
  func `Every number of rows and columns is right`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    var product = ProductCase()
    (product.segments, product.depth) = (2, 3)
    for hasBias in [true, false] {
      for rows in 0...25 {
        for columns in 1...2 * tiles.lanes {
          product.hasBias = hasBias
          product.rows = rows
          product.columns = columns
          product.panelVectors = columns > tiles.lanes ? 2 : 1
          #expect(product.fault(tiles, seed: UInt64(rows * 100 + columns)) == nil)
        }
      }
    }
  }

  /// Numbers that a store may get wrong, and what each store makes of them.
  static let special: [(start: Float, relu: Float, leaky: Float)] = [
    (.nan, .nan, .nan), (-.nan, .nan, .nan), (.infinity, .infinity, .infinity), (-.infinity, 0, -.infinity),
    (0, 0, 0), (-0.0, -0.0, -0.0), (-1, 0, -0.25), (1, 1, 1), (-.leastNonzeroMagnitude, 0, -0.0),
    (.leastNonzeroMagnitude, .leastNonzeroMagnitude, .leastNonzeroMagnitude),
    (-.greatestFiniteMagnitude, 0, -.greatestFiniteMagnitude / 4),
  ]

  @Test(arguments: InstructionSet.available, ProductCase.Store.allCases)
  func `A store keeps NaNs and the sign of zero`(set: InstructionSet, store: ProductCase.Store) throws {
    let tiles = try #require(Tiles(set))
    for hasBias in [true, false] {
      for columns in 1...2 * tiles.lanes {
        for shift in 0..<ProductTests.special.count {
          let cases = (0..<columns).map { ProductTests.special[($0 + shift) % ProductTests.special.count] }
          let starts = cases.map(\.start)
          let output = GuardedBuffer<Float>(count: columns)
          if !hasBias { _ = UnsafeMutableBufferPointer(start: output.start, count: columns).update(from: starts) }
          // Depth 0: nothing is added, so every bit is seen.
          ProductOperands(
            input: [], inputOffsets: [0], depth: 0, panel: [], panelVectors: columns > tiles.lanes ? 2 : 1,
            columns: columns, outputOffsets: [0], bias: hasBias ? starts : nil, store: store
          ).multiply(tiles, to: output)
          for (column, (got, (start, relu, leaky))) in zip(output.elements, cases).enumerated() {
            let expected =
              switch store {
              case .linear: start
              case .relu: relu
              case .leakyReLU: leaky
              case .parametricReLU, .clippedReLU: Float(store(Double(start), column: column))
              }
            #expect(
              expected.isNaN ? got.isNaN : got.bitPattern == expected.bitPattern, "\(start) became \(got)")
          }
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available, [1, 2])
  func `A row has the same bits whichever tile height it falls to`(set: InstructionSet, vectors: Int) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: 5)
    let (most, segments, depth) = (40, 3, 37)
    let width = vectors * tiles.lanes
    let numbers = generator.tensor([most * segments * depth]).elements
    let weights = generator.tensor([segments * depth * width]).elements
    let starts = generator.tensor([width]).elements
    for columns in [width, width - 1, (vectors - 1) * tiles.lanes + 1] {
      // From the row at `first` on, `rows` of them.
      func product(_ first: Int, _ rows: Int) -> [UInt32] {
        let output = GuardedBuffer<Float>(count: rows * columns)
        ProductOperands(
          input: numbers, inputOffsets: (first..<first + rows).map { $0 * segments * depth },
          segmentOffsets: (0..<segments).map { $0 * depth }, depth: depth, panel: weights, panelVectors: vectors,
          columns: columns, outputOffsets: (0..<rows).map { $0 * columns }, bias: Array(starts[..<columns])
        ).multiply(tiles, to: output)
        return output.elements.map(\.bitPattern)
      }
      let single = (0..<most).flatMap { product($0, 1) }
      for rows in 2...most {
        #expect(product(0, rows) == Array(single[..<(rows * columns)]), "\(rows) rows of \(columns) columns")
        #expect(product(most - rows, rows) == Array(single[((most - rows) * columns)...]))
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `Cutting a sum between segments keeps its bits`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: 6)
    let (rows, segments, depth, columns) = (11, 5, 19, tiles.lanes + 3)
    let numbers = generator.tensor([rows * segments * depth]).elements
    let weights = generator.tensor([segments * depth * 2 * tiles.lanes]).elements
    let starts = generator.tensor([columns]).elements
    func product(cutAt cuts: [Int]) -> [UInt32] {
      let output = GuardedBuffer<Float>(count: rows * columns)
      for (first, end) in zip([0] + cuts, cuts + [segments]) {
        let panelRow = depth * 2 * tiles.lanes
        ProductOperands(
          input: numbers, inputOffsets: (0..<rows).map { $0 * segments * depth },
          segmentOffsets: (first..<end).map { $0 * depth }, depth: depth,
          panel: Array(weights[first * panelRow..<end * panelRow]), panelVectors: 2, columns: columns,
          outputOffsets: (0..<rows).map { $0 * columns }, bias: first == 0 ? starts : nil
        ).multiply(tiles, to: output)
      }
      return output.elements.map(\.bitPattern)
    }
    let whole = product(cutAt: [])
    for cuts in [[1], [4], [2, 3], [1, 2, 3, 4]] { #expect(product(cutAt: cuts) == whole) }
  }
}
