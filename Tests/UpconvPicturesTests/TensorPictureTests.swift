import Testing
import UpconvTensor

@testable import UpconvPictures

/// Pictures of tensors, read back by Pillow.
@Suite struct TensorPictureTests {
  private func tensor(_ dimensions: [Int], _ elements: [Float]) throws -> Tensor {
    try #require(Tensor(dimensions: dimensions, elements: elements))
  }

  private func picture(
    _ dimensions: [Int], _ elements: [Float], channels: ChannelOrder = .last, minLongerSide: Int = 1
  ) throws -> (picture: TensorPicture, decoded: DecodedPicture) {
    let limits = PictureLimits(minLongerSide: minLongerSide)
    let picture = try TensorPicture(tensor(dimensions, elements), channels: channels, limits: limits)
    let decoded = try DecodedPicture(picture.png())
    #expect(decoded.width == picture.width && decoded.height == picture.height)
    return (picture, decoded)
  }

  // MARK: Images

  @Test func `One channel from 0 to 1 is grey, and its numbers are its tones`() throws {
    let values = (0..<256).map { Float($0) / 255 }
    let (_, decoded) = try picture([1, 16, 16, 1], values)
    #expect(decoded.mode == "L")
    #expect(decoded.bytes == (0...255).map { UInt8($0) })
    #expect(decoded.texts["Description"] == "0 is black, 1 is white; [1,16,16,1]")
  }

  @Test func `Three channels are red, green and blue`() throws {
    let (_, decoded) = try picture([1, 1, 2, 3], [1, 0, 0.2, 0, 0.4, 1])
    #expect(decoded.mode == "RGB")
    #expect(decoded.bytes == [255, 0, 51, 0, 102, 255])
  }

  @Test func `Values below zero, but none beyond -1 and 1, put black at -1`() throws {
    let (_, decoded) = try picture([1, 3, 1], [-1, 0, 1])
    #expect(decoded.bytes == [0, 128, 255])
    #expect(decoded.texts["Description"] == "-1 is black, 1 is white; [1,3,1]")
  }

  @Test func `Any other values are stretched from the least to the greatest`() throws {
    let (_, decoded) = try picture([1, 3], [10, 12, 15])
    #expect(decoded.bytes == [0, 102, 255])
    #expect(decoded.texts["Description"] == "10 is black, 15 is white; [1,3]")
    #expect(try picture([2], [7, 7]).decoded.bytes == [128, 128])
    // The range is all of float32: its width is no float32.
    let greatest = Float.greatestFiniteMagnitude
    #expect(try picture([3], [-greatest, 0, greatest]).decoded.bytes == [0, 128, 255])
  }

  @Test func `Every rank up to four has its reading`() throws {
    #expect(try picture([], [0.5]).decoded.bytes == [128])
    #expect(try picture([2], [0, 1]).decoded.bytes == [0, 255])
    #expect(try picture([2, 1], [0, 1]).decoded.height == 2)
    #expect(try picture([1, 1, 3], [0, 0, 1]).decoded.bytes == [0, 0, 255])
  }

  @Test func `Channels that come first make the same picture`() throws {
    for channels in [1, 3, 5] {
      let (height, width) = (4, 6)
      let last = (0..<2 * height * width * channels).map { Float(($0 * 37) % 101) }
      var first = last
      for image in 0..<2 {
        for channel in 0..<channels {
          for pixel in 0..<height * width {
            first[(image * channels + channel) * height * width + pixel] =
              last[(image * height * width + pixel) * channels + channel]
          }
        }
      }
      let one = try TensorPicture(tensor([2, height, width, channels], last), channels: .last)
      let other = try TensorPicture(tensor([2, channels, height, width], first), channels: .first)
      #expect(try DecodedPicture(one.png()).bytes == DecodedPicture(other.png()).bytes)
    }
  }

  @Test func `Three axes without channels are a batch of grey images`() throws {
    let values: [Float] = [0, 0.2, 0.4, 0.6, 0.8, 1]
    let (_, decoded) = try picture([2, 1, 3], values, channels: .absent)
    #expect(decoded.mode == "L")
    #expect((decoded.width, decoded.height) == (3 + 4 + 3, 1))
    #expect(Array(decoded.bytes.prefix(3) + decoded.bytes.suffix(3)) == [0, 51, 102, 153, 204, 255])
    #expect(try picture([1, 2, 3], values, channels: .absent).decoded.bytes == [0, 51, 102, 153, 204, 255])
  }

  @Test func `Images of a batch stand side by side, eight in a row, with a gap between them`() throws {
    let (picture, decoded) = try picture([9, 1, 1, 1], [0, 1, 0, 0, 0, 0, 0, 0, 0.2])
    #expect(picture.scale == 1)
    #expect((decoded.width, decoded.height) == (8 + 7 * 4, 1 + 4 + 1))
    #expect(decoded.pixel(x: 0, y: 0) == [0])
    #expect(decoded.pixel(x: 2, y: 0) == [255])
    #expect(decoded.pixel(x: 5, y: 0) == [255])
    #expect(decoded.pixel(x: 10, y: 0) == [0])
    #expect(decoded.pixel(x: 0, y: 5) == [51])
    #expect(decoded.pixel(x: 5, y: 5) == [255])
  }

  @Test func `Small pictures are enlarged, each number to a square`() throws {
    let values = (0..<35).map { Float($0) / 34 }
    let (picture, decoded) = try picture([5, 7], values, minLongerSide: 256)
    #expect(picture.scale == 37)
    #expect((decoded.width, decoded.height) == (259, 185))
    for y in 0..<decoded.height {
      for x in 0..<decoded.width {
        let expected = UInt8((values[y / 37 * 7 + x / 37] * 255).rounded())
        if decoded.pixel(x: x, y: y) != [expected] { Issue.record("(\(x), \(y))") }
      }
    }
  }

  // MARK: Heat maps

  @Test func `Other numbers of channels are a grid of maps with a colour bar`() throws {
    // Four channels: the value tells channel, row and column.
    let (height, width) = (2, 3)
    var values: [Float] = []
    for row in 0..<height {
      for column in 0..<width { for channel in 0..<4 { values.append(Float(channel * 6 + row * 3 + column)) } }
    }
    let (picture, decoded) = try picture([1, height, width, 4], values, minLongerSide: 200)
    #expect(decoded.mode == "RGB")
    #expect(decoded.texts["Description"] == "colours from 0 to 23, each channel a map, row by row; [1,2,3,4]")
    let (scale, gap, margin) = (picture.scale, max(2, picture.scale / 3), 8)
    for channel in 0..<4 {
      for row in 0..<height {
        for column in 0..<width {
          let x = margin + channel % 2 * (width * scale + gap) + column * scale
          let y = margin + channel / 2 * (height * scale + gap) + row * scale
          let color = ColorScale.sequential[Float(channel * 6 + row * 3 + column) / 23]
          for (across, down) in [(0, 0), (scale - 1, scale - 1), (scale / 2, 0)] {
            #expect(decoded.pixel(x: x + across, y: y + down) == [color.red, color.green, color.blue])
          }
        }
      }
    }
    // Between the maps, and around all, is paper; the bar at the right has the greatest above and the least below.
    #expect(decoded.pixel(x: 0, y: 0) == [255, 255, 255])
    #expect(decoded.pixel(x: margin + width * scale, y: margin) == [255, 255, 255])
    let barX = margin + 2 * (width * scale + gap) - gap + 12
    let (top, bottom) = (ColorScale.sequential[1], ColorScale.sequential[0])
    #expect(decoded.pixel(x: barX, y: margin) == [top.red, top.green, top.blue])
    #expect(decoded.pixel(x: barX, y: decoded.height - margin - 1) == [bottom.red, bottom.green, bottom.blue])
  }

  @Test func `Zero is the middle of the colours where values have both signs`() throws {
    let (picture, decoded) = try picture([1, 1, 2], [-4, 1])
    #expect(decoded.texts["Description"] == "colours from -4 to 4, each channel a map, row by row; [1,1,2]")
    let (low, high) = (ColorScale.diverging[0], ColorScale.diverging[0.625])
    #expect(decoded.pixel(x: 8, y: 8) == [low.red, low.green, low.blue])
    let second = 8 + picture.scale + max(2, picture.scale / 3)
    #expect(decoded.pixel(x: second, y: 8) == [high.red, high.green, high.blue])
  }

  @Test func `Lightness rises evenly along the scale, and falls evenly to both sides of the middle`() {
    /// CIE L*, from sRGB.
    func lightness(_ color: Color) -> Double {
      func linear(_ level: UInt8) -> Double {
        let share = Double(level) / 255
        return share <= 0.04045 ? share / 12.92 : power((share + 0.055) / 1.055, 2.4)
      }
      let luminance = 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
      return 116 * (luminance > 0.008856 ? power(luminance, 1 / 3) : 7.787 * luminance + 16 / 116) - 16
    }
    let rising = stride(from: Float(0), through: 1, by: 0.1).map { lightness(ColorScale.sequential[$0]) }
    let steps = zip(rising, rising.dropFirst()).map { $1 - $0 }
    #expect(steps.allSatisfy { 6...11 ~= $0 }, "\(steps)")
    let falling = stride(from: Float(0.5), through: 1, by: 0.1).map { lightness(ColorScale.diverging[$0]) }
    #expect(zip(falling, falling.dropFirst()).allSatisfy { 6...15 ~= $0 - $1 }, "\(falling)")
    for position in stride(from: Float(0), through: 0.5, by: 0.1) {
      let (low, high) = (ColorScale.diverging[position], ColorScale.diverging[1 - position])
      #expect(abs(lightness(low) - lightness(high)) < 4)
    }
  }

  @Test func `NaN has a colour that no scale has, and infinities are the ends`() throws {
    let (_, grey) = try picture([1, 5], [.nan, -.infinity, .infinity, 0, 1])
    #expect(grey.bytes == [255, 0, 200, 0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255])
    let (_, alone) = try picture([1, 1, 2], [.nan, .nan])
    #expect(alone.pixel(x: 8, y: 8) == [255, 0, 200])
    for position in stride(from: Float(0), through: 1, by: 1 / 255) {
      #expect(ColorScale.sequential[position] != .notANumber)
      #expect(ColorScale.diverging[position] != .notANumber)
    }
  }

  // MARK: The file

  @Test(arguments: [1, 2, 3, 17, 64])
  func `Every filter is undone: noise, slopes and surfaces come back`(width: Int) throws {
    var state: UInt64 = 7
    let noise = (0..<width * 40).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 56) / 255
    }
    let surface = (0..<width * 40).map { index -> Float in
      let (row, column) = (index / width, index % width)
      return Float((row * row + 3 * row * column + 5 * column) % 256) / 255
    }
    let slope = (0..<width * 40).map { Float(($0 / width * 3 + $0 % width * 2) % 256) / 255 }
    for values in [noise, surface, slope] {
      let expected = values.map { UInt8(($0 * 255).rounded()) }
      #expect(try picture([40, width], values).decoded.bytes == expected)
      let colors = zip(values, values.reversed()).flatMap { [$0, $1, 1 - $0] }
      let colored = colors.map { UInt8(($0 * 255).rounded()) }
      #expect(try picture([40, width, 3], colors).decoded.bytes == colored)
    }
  }

  // MARK: What has no picture

  @Test func `More than four axes, no elements, and too many pixels are refused`() throws {
    #expect(throws: PictureError.rankTooHigh([1, 1, 1, 1, 1])) {
      try TensorPicture(tensor([1, 1, 1, 1, 1], [0]), channels: .last)
    }
    #expect(throws: PictureError.empty([0, 4, 4, 1])) {
      try TensorPicture(tensor([0, 4, 4, 1], []), channels: .last)
    }
    let zeros = [Float](repeating: 0, count: 5000)
    for dimensions in [[50, 100], [5000], [1, 1, 1, 5000], [5000, 1, 1, 1], [1, 5, 2, 500]] {
      #expect(throws: PictureError.tooManyPixels(dimensions, maxPixels: 4000)) {
        try TensorPicture(tensor(dimensions, zeros), channels: .last, limits: PictureLimits(maxPixels: 4000))
      }
    }
  }

  @Test func `Enlargement stops at the limit of pixels`() throws {
    let picture = try TensorPicture(
      tensor([2, 2], [0, 1, 2, 3]), channels: .last, limits: PictureLimits(maxPixels: 400, minLongerSide: 1000))
    #expect(picture.scale == 10)
  }

  @Test func `Labels have four significant digits at most`() {
    let expected: [(Float, String)] = [
      (0, "0"), (8, "8"), (-2.5, "-2.5"), (0.333333, "0.3333"), (123456, "123500"), (1e-5, "1e-05"),
      (3.4e38, "3.4e+38"), (-0.00012345, "-0.0001234"),
    ]
    for (value, text) in expected { #expect(ValueLabel.text(value) == text) }
  }
}

/// x^y for x above 0, so that this file needs no C library.
private func power(_ base: Double, _ exponent: Double) -> Double {
  var (low, high) = (0.0, 2.0)
  // base^(5·exponent) is found by whole powers: exponent is 2.4 or 1/3.
  let (root, whole) = exponent == 2.4 ? (5, 12) : (3, 1)
  let target = (0..<whole).reduce(1.0) { product, _ in product * base }
  for _ in 0..<60 {
    let middle = (low + high) / 2
    if (0..<root).reduce(1.0, { product, _ in product * middle }) < target { low = middle } else { high = middle }
  }
  return low
}
