import CTiles
import UpconvKernels

/// A block of a row of pixels as lines, one an input channel: what products along the row read. It is small enough to
/// stay in the first-level cache while all filters pass by.
///
/// A line is the pixels that a block shares with the block before, then the block's own.
struct PixelLines: Sendable, Hashable {
  let channels: Int
  /// Output indices of a block: whole vectors.
  let columns: Int
  /// Numbers of a line before the block's own pixels, a multiple of the vector.
  private let shared: Int
  /// The input pixel, relative to the block's first output index, that stands behind the shared ones.
  private let firstOwn: Int
  /// From one line to the next.
  let step: Int

  /// Bytes that all lines together should not exceed.
  private static let maxBytes = 24 << 10

  /// - Parameters:
  ///   - window: input pixels that output index 0 reads.
  ///   - columnCount: output indices of a row, rounded up to whole vectors.
  init(channels: Int, window: ClosedRange<Int>, columnCount: Int, lanes: Int) {
    func rounded(_ count: Int, to multiple: Int) -> Int { (count + multiple - 1) / multiple * multiple }
    self.channels = channels
    shared = rounded(window.count - 1, to: lanes)
    firstOwn = window.upperBound
    let wide = 2 * lanes
    let fitting = PixelLines.maxBytes / (4 * channels) - shared
    columns = min(columnCount, max(wide, fitting / wide * wide, rounded(shared, to: wide)))
    // An odd number of vectors, so that lines do not compete for the same places of the cache.
    let vectors = (shared + columns) / lanes
    step = (vectors + (vectors + 1) % 2) * lanes
  }

  var elementCount: Int { channels * step }

  /// Where the pixel that output index 0 of a block reads at an input offset stands in a line.
  func place(ofOffset offset: Int) -> Int { shared + offset - firstOwn }

  /// A row of an image, from a group's first channel.
  struct Row {
    let start: UnsafePointer<Float>
    let pixels: Int
    let pixelStep: Int
    let channelStep: Int
  }

  /// Brings the lines to the block that begins at an output index: the row's first, or the one behind the last.
  func move(to column: Int, of row: Row, in lines: UnsafeMutablePointer<Float>, _ tiles: Tiles) {
    let isFirst = column == 0
    tiles.pixelLines(
      upconv_pixel_lines(
        input: row.start, pixel_step: row.pixelStep, channel_step: row.channelStep, pixels: row.pixels,
        first: column + firstOwn - (isFirst ? shared : 0), count: columns + (isFirst ? shared : 0),
        channels: channels, output: lines + (isFirst ? 0 : shared), output_step: step, kept: isFirst ? 0 : shared))
  }

  /// Where the next block's own pixels begin, in this row or, at its end, about the next one's.
  func next(after column: Int, of row: Row) -> UnsafePointer<Float> {
    row.start + (column + columns + firstOwn) * row.pixelStep
  }
}
