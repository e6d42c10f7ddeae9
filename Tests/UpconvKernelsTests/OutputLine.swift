import CTiles
import UpconvKernels
import UpconvTestSupport

/// One line of tiles of products, transformed back to outputs, of which only a window exists.
struct OutputLine: CustomStringConvertible {
  let y: TransformMatrices
  let x: TransformMatrices
  let channels: Int
  let tileCount: Int
  let rows: Range<Int>
  let columns: Range<Int>
  let store: ProductCase.Store
  let edge: GuardedBuffer<Float>.Edge
  /// Numbers between what belongs together.
  let gap: Int

  var description: String {
    "\(y) by \(x), \(channels) channels, \(tileCount) tiles, rows \(rows), columns \(columns), \(store), gap \(gap)"
  }

  init(y: TransformMatrices, x: TransformMatrices, channels: Int, _ generator: inout SeededGenerator) {
    self.y = y
    self.x = x
    self.channels = channels
    tileCount = generator.pick([0, 1, 2, 4])
    let firstY = Int.random(in: 0..<y.outputs, using: &generator)
    rows = firstY..<Int.random(in: firstY...y.outputs, using: &generator)
    let width = tileCount * x.outputs
    let firstX = Int.random(in: 0...max(0, min(width, x.outputs)), using: &generator)
    columns = firstX..<Int.random(in: firstX...max(firstX, width), using: &generator)
    store = generator.pick(ProductCase.Store.allCases)
    edge = generator.pick([.start, .end])
    gap = generator.pick([0, 0, 4])
  }

  /// What is wrong with the outputs; nil where nothing is.
  func fault(_ tiles: Tiles, _ generator: inout SeededGenerator) -> String? {
    let points = y.points * x.points
    let tileStep = channels + gap
    let pointStep = max(0, tileCount * tileStep - gap) + gap
    var numbers = [Float](repeating: .nan, count: max(0, points * pointStep - gap))
    for point in 0..<points {
      for tile in 0..<tileCount {
        for channel in 0..<channels {
          numbers[point * pointStep + tile * tileStep + channel] = Float(Int.random(in: -9...9, using: &generator))
        }
      }
    }
    if tileCount == 0 { numbers = [] }
    let starts = (0..<channels).map { _ in Float(Int.random(in: -9...9, using: &generator)) }

    // Memory begins with the first output that exists and ends with the last.
    let columnStep = channels + gap
    let rowStep = max(1, tileCount * x.outputs) * columnStep
    let isEmpty = rows.isEmpty || columns.isEmpty
    let origin = rows.lowerBound * rowStep + columns.lowerBound * columnStep
    let end = (rows.upperBound - 1) * rowStep + (columns.upperBound - 1) * columnStep + channels
    let output = GuardedBuffer<Float>(count: isEmpty ? 0 : end - origin, touching: edge)
    let input = GuardedBuffer(reading: numbers, touching: edge)
    let bias = GuardedBuffer(reading: starts, touching: edge)
    let slopes = GuardedBuffer(reading: ProductCase.Store.slopes(channels), touching: edge)
    withExtendedLifetime((input, bias, slopes, output)) {
      tiles.outputTransform(
        upconv_output_transform(
          input: input.start, point_step: pointStep, tile_step: tileStep, points_y: y.points, points_x: x.points,
          outputs_y: y.outputs, outputs_x: x.outputs, tiles: tileCount, first_y: rows.lowerBound,
          end_y: rows.upperBound, first_x: columns.lowerBound, end_x: columns.upperBound, channels: channels,
          bias: bias.start, output: output.start - origin, row_step: rowStep, column_step: columnStep,
          activation: store.activation(slopes: slopes.start)))
    }

    var expected = [Int: Float]()
    for tile in 0..<tileCount {
      for channel in 0..<channels {
        let products = (0..<y.points).map { py in
          (0..<x.points).map { px in
            Double(numbers[(py * x.points + px) * pointStep + tile * tileStep + channel])
          }
        }
        let results = TransformMatrices.apply(y.output, products, x.output)
        for row in rows {
          for column in columns where column / x.outputs == tile {
            let sum = results[row][column % x.outputs] + Double(starts[channel])
            expected[row * rowStep + column * columnStep + channel - origin] = Float(
              store(sum, column: channel))
          }
        }
      }
    }
    for index in 0..<output.count {
      guard let expected = expected[index] else {
        guard output.isUnwritten(index) else { return "\(self): wrote what does not exist, at \(index)" }
        continue
      }
      let error = abs(Double(output.start[index]) - Double(expected))
      guard error <= TransformMatrices.tolerance(y, x) else {
        return "\(self): \(output.start[index]) at \(index), expected \(expected)"
      }
    }
    return output.isCleanBeside ? nil : "\(self): wrote beside the output"
  }
}
