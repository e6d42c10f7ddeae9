import CTiles
import Testing
import UpconvKernels
import UpconvTestSupport

/// Whole numbers, so that sums are exact, but for those of six points.
@Suite struct InputTransformTests {
  /// The input sees only the points, so each number of them is one case.
  static let axes = [1, 3, 4, 5, 6].map { points in TransformMatrices.all.last { $0.points == points }! }

  @Test(arguments: InstructionSet.available, axes.indices)
  func `Tiles are transformed to points, and nothing else is touched`(set: InstructionSet, vertical: Int) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: UInt64(vertical))
    for horizontal in InputTransformTests.axes.indices {
      for channels in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33] {
        for tileCount in [0, 1, 2, 5] {
          let fault = InputTransformTests.fault(
            tiles, InputTransformTests.axes[vertical], InputTransformTests.axes[horizontal], channels: channels,
            tileCount: tileCount, &generator)
          #expect(fault == nil)
        }
      }
    }
  }

  private static func fault(
    _ tiles: Tiles, _ y: TransformMatrices, _ x: TransformMatrices, channels: Int, tileCount: Int,
    _ generator: inout SeededGenerator
  ) -> String? {
    let edge = generator.pick(GuardedBuffer<Float>.Edge.allCases)
    // A pixel may stand wider apart than its channels, and neighbouring tiles may share pixels.
    let columnStep = channels + generator.pick([0, 0, 3])
    let tileStep = generator.pick([1, 2, x.points]) * columnStep
    let rowStep = max(1, tileCount) * tileStep + x.points * columnStep + generator.pick([0, 1])
    let pointStep = tileCount * channels + generator.pick([0, 0, 5])
    var named = [Int: Float]()
    func place(_ tile: Int, _ py: Int, _ px: Int, _ channel: Int) -> Int {
      py * rowStep + px * columnStep + tile * tileStep + channel
    }
    for tile in 0..<tileCount {
      for py in 0..<y.points {
        for px in 0..<x.points {
          for channel in 0..<channels {
            named[place(tile, py, px, channel)] = Float(Int.random(in: -9...9, using: &generator))
          }
        }
      }
    }
    let numbers = (0..<(named.keys.max() ?? -1) + 1).map { named[$0] ?? .nan }
    let points = y.points * x.points
    let input = GuardedBuffer(reading: numbers, touching: edge)
    let output = GuardedBuffer<Float>(
      count: max(0, (points - 1) * pointStep + tileCount * channels), touching: edge)
    withExtendedLifetime((input, output)) {
      tiles.inputTransform(
        upconv_input_transform(
          input: input.start, row_step: rowStep, column_step: columnStep, tile_step: tileStep, points_y: y.points,
          points_x: x.points, tiles: tileCount, channels: channels, output: output.start, point_step: pointStep))
    }
    let what = "\(y) by \(x), \(channels) channels, \(tileCount) tiles"
    guard tileCount > 0 else { return output.isCleanBeside ? nil : what }
    for tile in 0..<tileCount {
      for channel in 0..<channels {
        let pixels = (0..<y.points).map { py in
          (0..<x.points).map { px in Double(numbers[place(tile, py, px, channel)]) }
        }
        let expected = TransformMatrices.apply(y.input, pixels, x.input).flatMap { $0 }
        for point in 0..<points {
          let got = output.start[point * pointStep + tile * channels + channel]
          if !(abs(Double(got) - expected[point]) <= TransformMatrices.tolerance(y, x)) {
            return "\(what): point \(point) of tile \(tile), channel \(channel) is \(got), not \(expected[point])"
          }
        }
      }
    }
    let gaps = (0..<output.count).filter { $0 % pointStep >= tileCount * channels }
    return gaps.allSatisfy(output.isUnwritten) && output.isCleanBeside ? nil : "\(what): wrote between points"
  }
}
