import CTiles
import Testing
import UpconvKernels
import UpconvTestSupport

@Suite struct PixelLinesTests {
  /// How pixels stand in memory: channels of a pixel together, or pixels of a channel.
  enum Order: CaseIterable { case pixels, channels }

  @Test(arguments: InstructionSet.available, Order.allCases)
  func `Lines hold the pixels that exist and zeros, and nothing else is touched`(set: InstructionSet, order: Order)
    throws
  {
    let tiles = try #require(Tiles(set))
    let lanes = tiles.lanes
    for channels in [1, 2, 3, 5, lanes - 1, lanes, lanes + 1, 2 * lanes + 3] {
      for pixels in [1, 2, lanes - 1, lanes, 2 * lanes + 1] {
        let gap = channels % 2 * 3
        let pixelStep = order == .pixels ? channels + gap : 1
        let channelStep = order == .pixels ? 1 : pixels + gap
        func place(_ pixel: Int, _ channel: Int) -> Int { pixel * pixelStep + channel * channelStep }
        var numbers = [Float](repeating: .nan, count: place(pixels - 1, channels - 1) + 1)
        for pixel in 0..<pixels {
          for channel in 0..<channels { numbers[place(pixel, channel)] = Float(1 + pixel * 100 + channel) }
        }
        for first in [-3 * lanes, -lanes - 1, -1, 0, 1, lanes, pixels - 1, pixels, pixels + 2 * lanes] {
          for (count, kept) in [(lanes, 0), (2 * lanes, 0), (2 * lanes, lanes), (3 * lanes, 2 * lanes)] {
            for edge in GuardedBuffer<Float>.Edge.allCases {
              let step = kept + count + gap
              let input = GuardedBuffer(reading: numbers, touching: edge)
              let lines = GuardedBuffer<Float>(count: channels * step - gap, touching: edge)
              for channel in 0..<channels {
                for index in 0..<kept { lines.start[channel * step + count + index] = Float(-index - channel * 10) }
              }
              withExtendedLifetime((input, lines)) {
                tiles.pixelLines(
                  upconv_pixel_lines(
                    input: input.start, pixel_step: pixelStep, channel_step: channelStep, pixels: pixels,
                    first: first, count: count, channels: channels, output: lines.start + kept, output_step: step,
                    kept: kept))
              }
              let isRight = (0..<lines.count).allSatisfy { index in
                let (channel, place) = index.quotientAndRemainder(dividingBy: step)
                if place >= kept + count { return lines.isUnwritten(index) }
                if place < kept { return lines.start[index] == Float(-place - channel * 10) }
                let pixel = first + place - kept
                let expected = pixel >= 0 && pixel < pixels ? Float(1 + pixel * 100 + channel) : 0
                return lines.start[index] == expected
              }
              #expect(
                isRight && lines.isCleanBeside,
                "\(channels) channels, \(pixels) pixels from \(first), \(count) and \(kept) kept, at the \(edge)")
            }
          }
        }
      }
    }
  }
}
