/// A picture's pixels, three bytes each, row by row.
struct Raster {
  let width: Int
  let height: Int
  private(set) var bytes: [UInt8]

  init(width: Int, height: Int, background: Color) {
    self.width = width
    self.height = height
    bytes = [UInt8](repeating: background.red, count: width * height * 3)
    if background != .grey(background.red) { fill(x: 0, y: 0, width: width, height: height, background) }
  }

  /// Fills a rectangle; what lies outside of the picture is left out.
  mutating func fill(x: Int, y: Int, width: Int, height: Int, _ color: Color) {
    let columns = max(x, 0)..<max(min(x + width, self.width), max(x, 0))
    let rows = max(y, 0)..<max(min(y + height, self.height), max(y, 0))
    bytes.withUnsafeMutableBufferPointer { bytes in
      for row in rows {
        for column in columns {
          let offset = (row * self.width + column) * 3
          bytes[offset] = color.red
          bytes[offset + 1] = color.green
          bytes[offset + 2] = color.blue
        }
      }
    }
  }

  /// One byte a pixel, where no pixel has a colour.
  var greyLevels: [UInt8]? {
    for offset in stride(from: 0, to: bytes.count, by: 3)
    where bytes[offset] != bytes[offset + 1] || bytes[offset] != bytes[offset + 2] {
      return nil
    }
    return stride(from: 0, to: bytes.count, by: 3).map { bytes[$0] }
  }
}
