import UpconvCompression

/// Writes pictures of 8 bits a channel, grey or RGB.
/// - Source: ISO/IEC 15948, Portable Network Graphics, third edition.
enum PNGEncoder {
  /// The picture; grey where no pixel has a colour.
  /// - Parameter texts: keywords with their texts, in Latin-1.
  static func png(_ raster: Raster, texts: [(keyword: String, text: String)]) -> [UInt8] {
    let grey = raster.greyLevels
    var output: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let bitDepth: UInt8 = 8
    let colorType: UInt8 = grey == nil ? 2 : 0
    // Then the only methods of compression and filtering that there are, and no interlacing.
    append(
      "IHDR", bigEndian(raster.width) + bigEndian(raster.height) + [bitDepth, colorType, 0, 0, 0], to: &output)
    // The values are sRGB's, rendered perceptually.
    append("sRGB", [0], to: &output)
    for (keyword, text) in texts { append("tEXt", Array(keyword.utf8) + [0] + Array(text.utf8), to: &output) }
    let rows = filtered(grey ?? raster.bytes, bytesPerPixel: grey == nil ? 3 : 1, rowBytes: raster.width)
    append("IDAT", ZlibStream.compress(rows), to: &output)
    append("IEND", [], to: &output)
    return output
  }

  private static func append(_ type: String, _ data: [UInt8], to output: inout [UInt8]) {
    output += bigEndian(data.count)
    let named = Array(type.utf8) + data
    output += named
    var check = CRC32()
    named.withUnsafeBytes { check.update($0) }
    output += bigEndian(Int(check.value))
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).bigEndian, Array.init)
  }

  /// Each row after the number of its filter: that one of the five whose differences are smallest in sum, which is the
  /// specification's advice (section 12.7). O(bytes).
  private static func filtered(_ pixels: [UInt8], bytesPerPixel: Int, rowBytes width: Int) -> [UInt8] {
    let rowBytes = width * bytesPerPixel
    let zeros = [UInt8](repeating: 0, count: rowBytes)
    var output: [UInt8] = []
    output.reserveCapacity(pixels.count + pixels.count / max(rowBytes, 1))
    var candidate = zeros
    var best = zeros
    for start in stride(from: 0, to: pixels.count, by: rowBytes) {
      let row = pixels[start..<start + rowBytes]
      let above = start == 0 ? zeros[...] : pixels[start - rowBytes..<start]
      var (bestFilter, bestSum) = (RowFilter.none, Int.max)
      for filter in RowFilter.allCases {
        let sum = filter.apply(to: row, above: above, bytesPerPixel: bytesPerPixel, into: &candidate)
        if sum < bestSum {
          (bestFilter, bestSum) = (filter, sum)
          swap(&best, &candidate)
        }
      }
      output.append(bestFilter.rawValue)
      output += best
    }
    return output
  }
}

/// What a byte is told the difference to (section 9).
private enum RowFilter: UInt8, CaseIterable {
  case none, left, above, average, paeth

  /// Fills `output` with the differences; answers the sum of their magnitudes, taken as signed bytes.
  func apply(
    to row: ArraySlice<UInt8>, above: ArraySlice<UInt8>, bytesPerPixel: Int, into output: inout [UInt8]
  ) -> Int {
    row.withUnsafeBufferPointer { row in
      above.withUnsafeBufferPointer { above in
        output.withUnsafeMutableBufferPointer { output in
          var sum = 0
          for index in row.indices {
            let left = index >= bytesPerPixel ? row[index - bytesPerPixel] : 0
            let aboveLeft = index >= bytesPerPixel ? above[index - bytesPerPixel] : 0
            let difference = row[index] &- prediction(left: left, above: above[index], aboveLeft: aboveLeft)
            output[index] = difference
            sum += Int(Int8(bitPattern: difference).magnitude)
          }
          return sum
        }
      }
    }
  }

  @inline(__always)
  private func prediction(left: UInt8, above: UInt8, aboveLeft: UInt8) -> UInt8 {
    switch self {
    case .none: return 0
    case .left: return left
    case .above: return above
    case .average: return UInt8((Int(left) + Int(above)) / 2)
    case .paeth:
      let estimate = Int(left) + Int(above) - Int(aboveLeft)
      let (toLeft, toAbove) = (abs(estimate - Int(left)), abs(estimate - Int(above)))
      let toAboveLeft = abs(estimate - Int(aboveLeft))
      if toLeft <= toAbove, toLeft <= toAboveLeft { return left }
      return toAbove <= toAboveLeft ? above : aboveLeft
    }
  }
}
