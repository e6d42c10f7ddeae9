import UpconvKernels

/// Where a unit writes its outputs: into the image where pixels are neighbours' channels (NHWC), else into a band in
/// scratch that is turned over into the planes at the end.
struct OutputWindow: Sendable, Hashable {
  let layout: Layout
  let images: ImageBatch
  /// Channels of one group.
  let channels: Int

  /// Numbers from one pixel to the next.
  var pixelStep: Int { layout == .nhwc ? images.channels : channels }
  var rowStep: Int { images.width * pixelStep }

  /// Numbers of a band of rows; none where units write into the image.
  func bandElements(rows: Int) -> Int { layout == .nhwc ? 0 : rows * rowStep }

  /// The first channel of `group` in the pixel that begins row `row` of an image; rows are neighbours from there.
  func start(
    row: Int, image: Int, group: Int, output: UnsafeMutablePointer<Float>, band: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Float> {
    switch layout {
    case .nhwc: output + (image * images.height + row) * rowStep + group * channels
    case .nchw: band
    }
  }

  /// Turns a band over into planes.
  func finish(
    rows: Range<Int>, columns: Range<Int>, image: Int, group: Int, output: UnsafeMutablePointer<Float>,
    band: UnsafeMutablePointer<Float>, _ tiles: Tiles
  ) {
    guard layout == .nchw else { return }
    let start = start(row: rows.lowerBound, image: image, group: group, output: output, band: band)
    let steps = images.steps(layout)
    for row in 0..<rows.count {
      tiles.transpose(
        start + row * rowStep + columns.lowerBound, inputStep: pixelStep, rows: images.width, columns: columns.count,
        to: output + image * steps.image + (group * channels + columns.lowerBound) * steps.channel
          + (rows.lowerBound + row) * steps.row,
        outputStep: steps.channel)
    }
  }
}
