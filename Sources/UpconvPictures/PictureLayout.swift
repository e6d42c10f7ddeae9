import UpconvTensor

/// Where everything stands in a picture, worked out before a pixel is made.
struct PictureLayout {
  /// Pixels for each element, along both axes.
  let scale: Int
  let width: Int
  let height: Int
  /// Maps of one image, side by side: one where its channels are colours.
  private let mapColumns: Int
  private let imageColumns: Int
  private let mapRows: Int
  private let batch: ImageBatch
  /// Pixels between the maps of an image, and between images.
  private let mapGap: Int
  private let imageGap: Int
  private let margin: Int
  let bar: ColorBarLayout?

  /// More images than this go on below.
  private static let maxImagesSideBySide = 8

  /// - Parameters:
  ///   - hasBar: whether each channel is a map of its own, with a colour bar beside them all.
  ///   - labelWidth: of the bar's wider label, in pixels of its font.
  /// - Throws: `.tooManyPixels`.
  init(
    _ batch: ImageBatch, hasBar: Bool, labelWidth: Int, limits: PictureLimits
  ) throws(PictureError) {
    let tooManyPixels = PictureError.tooManyPixels(batch.tensor.shape.dimensions, maxPixels: limits.maxPixels)
    // The elements alone decide whether there can be a picture; from here on no product is large.
    guard batch.tensor.shape.elementCount <= limits.maxPixels * 3 else { throw tooManyPixels }
    let maps = hasBar ? batch.channels : 1
    var mapColumns = 1
    // Nearly square, in pixels.
    while mapColumns < maps, mapColumns * mapColumns * batch.width < maps * batch.height { mapColumns += 1 }
    let mapRows = (maps + mapColumns - 1) / mapColumns
    let imageColumns = min(batch.count, PictureLayout.maxImagesSideBySide)
    let imageRows = (batch.count + imageColumns - 1) / imageColumns

    func layout(_ scale: Int) -> (width: Int, height: Int, mapGap: Int, imageGap: Int, bar: ColorBarLayout?) {
      let mapGap = hasBar ? max(2, scale / 3) : 0
      let imageGap = max(4, scale)
      let imageWidth = mapColumns * (batch.width * scale + mapGap) - mapGap
      let imageHeight = mapRows * (batch.height * scale + mapGap) - mapGap
      let width = imageColumns * (imageWidth + imageGap) - imageGap
      let height = imageRows * (imageHeight + imageGap) - imageGap
      guard hasBar else { return (width, height, mapGap, imageGap, nil) }
      let bar = ColorBarLayout(mapsWidth: width, mapsHeight: height, labelWidth: labelWidth)
      return (width + bar.width, max(height, bar.height), mapGap, imageGap, bar)
    }
    let margin = hasBar ? 8 : 0
    func pixels(_ scale: Int) -> Int {
      let (width, height, _, _, _) = layout(scale)
      return (width + 2 * margin) * (height + 2 * margin)
    }
    guard pixels(1) <= limits.maxPixels else { throw tooManyPixels }
    var scale = 1
    while max(layout(scale).width, layout(scale).height) < limits.minLongerSide, pixels(scale + 1) <= limits.maxPixels {
      scale += 1
    }
    let settled = layout(scale)
    self.scale = scale
    width = settled.width + 2 * margin
    height = settled.height + 2 * margin
    self.mapColumns = mapColumns
    self.mapRows = mapRows
    self.imageColumns = imageColumns
    self.batch = batch
    mapGap = settled.mapGap
    imageGap = settled.imageGap
    self.margin = margin
    bar = settled.bar?.moved(by: margin)
  }

  /// The upper left corner of a map.
  func origin(image: Int, map: Int) -> (x: Int, y: Int) {
    let imageWidth = mapColumns * (batch.width * scale + mapGap) - mapGap
    let imageHeight = mapRows * (batch.height * scale + mapGap) - mapGap
    let x = image % imageColumns * (imageWidth + imageGap) + map % mapColumns * (batch.width * scale + mapGap)
    let y = image / imageColumns * (imageHeight + imageGap) + map / mapColumns * (batch.height * scale + mapGap)
    return (margin + x, margin + y)
  }
}

/// A colour bar at the right of all maps, the greatest value above.
struct ColorBarLayout {
  var x: Int
  var y = 0
  let barHeight: Int
  let fontScale: Int
  private let labelWidth: Int

  static let barWidth = 12
  private static let gap = 12
  private static let labelGap = 5
  private static let minHeight = 48

  init(mapsWidth: Int, mapsHeight: Int, labelWidth: Int) {
    x = mapsWidth + ColorBarLayout.gap
    barHeight = max(mapsHeight, ColorBarLayout.minHeight)
    fontScale = barHeight >= 160 ? 2 : 1
    self.labelWidth = labelWidth * fontScale
  }

  /// Pixels that it adds to the width of the maps.
  var width: Int { ColorBarLayout.gap + ColorBarLayout.barWidth + ColorBarLayout.labelGap + labelWidth }
  var height: Int { barHeight }

  func moved(by margin: Int) -> ColorBarLayout {
    var bar = self
    bar.x += margin
    bar.y += margin
    return bar
  }

  func draw(_ range: ValueRange, _ scale: ColorScale, on raster: inout Raster) {
    for row in 0..<barHeight {
      let position = range.least < range.greatest ? 1 - Float(row) / Float(max(barHeight - 1, 1)) : 0.5
      raster.fill(x: x, y: y + row, width: ColorBarLayout.barWidth, height: 1, scale[position])
    }
    let labelX = x + ColorBarLayout.barWidth + ColorBarLayout.labelGap
    DigitFont.draw(ValueLabel.text(range.greatest), x: labelX, y: y, scale: fontScale, on: &raster)
    DigitFont.draw(
      ValueLabel.text(range.least), x: labelX, y: y + barHeight - DigitFont.height * fontScale, scale: fontScale,
      on: &raster)
  }
}
