package import UpconvTensor

/// A picture of a tensor of images.
///
/// Images of one channel are grey, of three RGB: from 0 (black) to 1 (white) where all values lie there, else from -1 to
/// 1 where all lie there, else from the least value to the greatest. Images of any other number of channels are grids of
/// heat maps, a map for each channel, with a colour bar beside them; where values have both signs, zero is the middle of
/// the colours. All images of a batch share one range and stand side by side, eight in a row. Infinities are drawn as the
/// ends of the range, NaN in a magenta that no scale has. Small pictures are enlarged, each element to a square.
package struct TensorPicture: Sendable {
  package let width: Int
  package let height: Int
  /// Pixels for each element, along both axes.
  package let scale: Int
  /// What the tones or colours stand for; the picture carries it as its `Description`.
  package let legend: String
  private let raster: Raster

  /// Draws it: O(pixels).
  /// - Throws: `PictureError`.
  package init(
    _ tensor: Tensor, channels order: ChannelOrder, limits: PictureLimits = PictureLimits()
  ) throws(PictureError) {
    let batch = try ImageBatch(tensor, order)
    let finite = tensor.withElements { ValueRange(finite: $0) }
    let isImage = batch.channels == 1 || batch.channels == 3
    let range = isImage ? ValueRange.ofTones(finite) : ValueRange.ofColors(finite)
    let labels = [range.least, range.greatest].map(ValueLabel.text)
    let layout = try PictureLayout(
      batch, hasBar: !isImage, labelWidth: labels.map(DigitFont.width).max() ?? 0, limits: limits)
    var raster = Raster(width: layout.width, height: layout.height, background: .paper)
    if isImage {
      raster.drawImages(of: batch, layout, range)
      legend = "\(labels[0]) is black, \(labels[1]) is white; \(tensor.shape)"
    } else {
      let colors = finite.hasBothSigns ? ColorScale.diverging : ColorScale.sequential
      raster.drawMaps(of: batch, layout, range, colors)
      layout.bar?.draw(range, colors, on: &raster)
      legend =
        "colours from \(labels[0]) to \(labels[1]), each channel a map, row by row; \(tensor.shape)"
    }
    self.raster = raster
    width = layout.width
    height = layout.height
    scale = layout.scale
  }

  /// The picture as a PNG file. O(pixels): some 20 ms for a million, most of it zlib's.
  package func png() -> [UInt8] {
    PNGEncoder.png(raster, texts: [("Software", "Upconv"), ("Description", legend)])
  }
}

extension Raster {
  fileprivate mutating func drawImages(of batch: ImageBatch, _ layout: PictureLayout, _ range: ValueRange) {
    draw(batch, layout, mapCount: 1) { elements, image, row, column, _ in
      func level(_ channel: Int) -> UInt8? {
        let offset = batch.offset(image: image, row: row, column: column, channel: channel)
        return range.position(of: elements[offset]).map { UInt8(($0 * 255).rounded()) }
      }
      guard let first = level(0), let second = level(batch.channels / 2), let third = level(batch.channels - 1) else {
        return .notANumber
      }
      return Color(red: first, green: second, blue: third)
    }
  }

  fileprivate mutating func drawMaps(
    of batch: ImageBatch, _ layout: PictureLayout, _ range: ValueRange, _ colors: ColorScale
  ) {
    draw(batch, layout, mapCount: batch.channels) { elements, image, row, column, channel in
      let offset = batch.offset(image: image, row: row, column: column, channel: channel)
      return range.position(of: elements[offset]).map { colors[$0] } ?? .notANumber
    }
  }

  private mutating func draw(
    _ batch: ImageBatch, _ layout: PictureLayout, mapCount: Int,
    _ color: (_ elements: UnsafeBufferPointer<Float>, _ image: Int, _ row: Int, _ column: Int, _ map: Int) -> Color
  ) {
    batch.tensor.withElements { elements in
      for image in 0..<batch.count {
        for map in 0..<mapCount {
          let (x, y) = layout.origin(image: image, map: map)
          for row in 0..<batch.height {
            for column in 0..<batch.width {
              fill(
                x: x + column * layout.scale, y: y + row * layout.scale, width: layout.scale, height: layout.scale,
                color(elements, image, row, column, map))
            }
          }
        }
      }
    }
  }
}
