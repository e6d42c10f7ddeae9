import UpconvKernels

/// A band of input rows with zeros around the image, pixel after pixel, one group's channels each: what products
/// and transforms read without asking where the image ends.
struct InputBand: Sendable, Hashable {
  let layout: Layout
  let images: ImageBatch
  /// Channels of one group: of a pixel in the band.
  let channels: Int
  /// Zeros before and after each row of the image.
  let left: Int
  let right: Int
  /// The first row of a band relative to the first output index of its unit, and rows more than it has indices.
  let top: Int
  let extraRows: Int

  /// - Parameters:
  ///   - rowWindow, columnWindow: input indices that outputs of index 0 of any phase read, relative to that index.
  ///   - columnCount: the most outputs that a phase has in a row, or what a tiling rounds them up to.
  init(
    layout: Layout, images: ImageBatch, channels: Int, rowWindow: ClosedRange<Int>, columnWindow: ClosedRange<Int>,
    columnCount: Int
  ) {
    self.layout = layout
    self.images = images
    self.channels = channels
    left = max(0, -columnWindow.lowerBound)
    right = max(0, columnCount - 1 + columnWindow.upperBound - (images.width - 1))
    top = rowWindow.lowerBound
    extraRows = rowWindow.count - 1
  }

  var width: Int { left + images.width + right }
  var rowStep: Int { width * channels }

  /// Numbers of a band for this many output indices of an axis.
  func elementCount(indices: Int) -> Int { (indices + extraRows) * rowStep }

  /// Where in a band an output index's window pixel stands.
  func offset(row: Int, column: Int) -> Int { (row - top) * rowStep + (column + left) * channels }

  /// Whether the image itself is such a band: nothing to add and nothing to reorder.
  func isImage(rows: Int) -> Bool {
    layout == .nhwc && channels == images.channels && left == 0 && right == 0 && top == 0 && extraRows == 0
      && rows <= images.height
  }

  /// Copies the rows that output indices `indices` read.
  /// - Parameter input: the image's first number.
  /// - Returns: whether every magnitude is below `bound`.
  @discardableResult
  func load(
    indices: Range<Int>, group: Int, from input: UnsafePointer<Float>, to band: UnsafeMutablePointer<Float>,
    below bound: Float = .infinity, _ tiles: Tiles
  ) -> Bool {
    let steps = images.steps(layout)
    var to = band
    // Written so that a NaN is not below.
    var isBelow = true
    for row in indices.lowerBound + top..<indices.upperBound + top + extraRows {
      guard row >= 0, row < images.height else {
        to.update(repeating: 0, count: rowStep)
        to += rowStep
        continue
      }
      to.update(repeating: 0, count: left * channels)
      to += left * channels
      let from = input + row * steps.row + group * channels * steps.channel
      switch layout {
      case .nhwc where channels == images.channels:
        if bound.isFinite {
          isBelow = tiles.copy(from, count: images.width * channels, to: to) < bound && isBelow
        } else {
          to.update(from: from, count: images.width * channels)
        }
      case .nhwc:
        for column in 0..<images.width {
          (to + column * channels).update(from: from + column * steps.column, count: channels)
        }
      case .nchw:
        tiles.transpose(
          from, inputStep: steps.channel, rows: channels, columns: images.width, to: to, outputStep: channels)
      }
      if bound.isFinite, layout == .nchw || channels != images.channels {
        let row = UnsafeBufferPointer(start: to, count: images.width * channels)
        isBelow = tiles.largestMagnitude(row) < bound && isBelow
      }
      to += images.width * channels
      to.update(repeating: 0, count: right * channels)
      to += right * channels
    }
    return isBelow
  }
}
