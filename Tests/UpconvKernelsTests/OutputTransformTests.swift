import CTiles
import Testing
import UpconvKernels
import UpconvTestSupport

/// Whole numbers, so that sums are exact, but for those of six points.
@Suite struct OutputTransformTests {
  @Test(arguments: InstructionSet.available, TransformMatrices.all.indices)
  func `Points are transformed to outputs, clipped, and nothing else is touched`(
    set: InstructionSet, vertical: Int
  ) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: UInt64(10 + vertical))
    for horizontal in TransformMatrices.all {
      for channels in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33] {
        for _ in 0..<12 {
          let line = OutputLine(
            y: TransformMatrices.all[vertical], x: horizontal, channels: channels, &generator)
          #expect(line.fault(tiles, &generator) == nil)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `The transforms compute a correlation`(set: InstructionSet) throws {
    // The matrices are what Winograd needs, whoever wrote them down: products at the points give the sums of taps.
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: 3)
    for y in TransformMatrices.all {
      for x in TransformMatrices.all {
        func whole(_ rows: Int, _ columns: Int) -> [[Double]] {
          (0..<rows).map { _ in (0..<columns).map { _ in Double(Int.random(in: -9...9, using: &generator)) } }
        }
        let (pixels, taps) = (whole(y.points, x.points), whole(y.taps, x.taps))
        let transformed = GuardedBuffer<Float>(count: y.points * x.points)
        let input = GuardedBuffer(reading: pixels.joined().map { Float($0) })
        withExtendedLifetime((input, transformed)) {
          tiles.inputTransform(
            upconv_input_transform(
              input: input.start, row_step: x.points, column_step: 1, tile_step: 0, points_y: y.points,
              points_x: x.points, tiles: 1, channels: 1, output: transformed.start, point_step: 1))
        }
        let filter = TransformMatrices.apply(y.filter, taps, x.filter).flatMap { $0 }
        let products = GuardedBuffer(reading: zip(transformed.elements, filter).map { $0 * Float($1) })
        let bias = GuardedBuffer(reading: [Float(3)])
        let output = GuardedBuffer<Float>(count: y.outputs * x.outputs)
        withExtendedLifetime((products, bias, output)) {
          tiles.outputTransform(
            upconv_output_transform(
              input: products.start, point_step: 1, tile_step: 0, points_y: y.points, points_x: x.points,
              outputs_y: y.outputs, outputs_x: x.outputs, tiles: 1, first_y: 0, end_y: y.outputs, first_x: 0,
              end_x: x.outputs, channels: 1, bias: bias.start, output: output.start, row_step: x.outputs,
              column_step: 1, activation: ProductCase.Store.linear.activation()))
        }
        for oy in 0..<y.outputs {
          for ox in 0..<x.outputs {
            var sum = 3.0
            for ky in 0..<y.taps {
              for kx in 0..<x.taps { sum += pixels[oy + ky][ox + kx] * taps[ky][kx] }
            }
            // Filters of five and six points are not whole numbers; the sums are.
            let tolerance = max(y.points, x.points) < 5 ? 0 : 0.02
            #expect(abs(Double(output.start[oy * x.outputs + ox]) - sum) <= tolerance, "\(y) by \(x)")
          }
        }
      }
    }
  }
}
