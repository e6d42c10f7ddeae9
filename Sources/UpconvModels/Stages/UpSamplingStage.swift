import UpconvConvolution
import UpconvTensor

/// Images made larger by whole factors: each pixel repeated, or pixels in between interpolated.
///
/// Bilinear is TensorFlow's `resize` with half-pixel centres: output `o` stands at `(o + 0.5)/factor - 0.5` of the
/// input, between its two neighbours there; beyond the border the border's pixel is repeated.
struct UpSamplingStage: Stage {
  let layer: String
  var work: String { "resize" }
  let layout: Layout
  let size: Spatial
  let isBilinear: Bool

  func outputDimensions(of input: [Int]) -> [Int] {
    var output = input
    output[layout.axes.height] = product([input[layout.axes.height]], size.height)
    output[layout.axes.width] = product([input[layout.axes.width]], size.width)
    return output
  }

  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) {
    let (source, target) = (ImageMemory(tensor.shape, layout), ImageMemory(output, layout))
    let input = tensor
    let rows = Neighbours.axis(source.height, factor: size.height)
    let columns = Neighbours.axis(source.width, factor: size.width)
    tensor = Tensor.filled(shape: output) { elements in
      input.withElements { input in
        guard let from = input.baseAddress, let to = elements.baseAddress else { return }
        for plane in 0..<target.planes {
          let (from, to) = (from + plane * source.plane, to + plane * target.plane)
          if isBilinear {
            for row in 0..<target.height {
              interpolate(from, source, rows[row], columns, to + row * target.row)
            }
          } else {
            repeatPixels(from, source, to, target)
          }
        }
      }
    }
  }

  private func repeatPixels(
    _ from: UnsafePointer<Float>, _ source: ImageMemory, _ to: UnsafeMutablePointer<Float>, _ target: ImageMemory
  ) {
    for row in 0..<source.height {
      let first = to + row * size.height * target.row
      var place = first
      for column in 0..<source.width {
        let pixel = from + row * source.row + column * source.pixel
        for _ in 0..<size.width {
          place.update(from: pixel, count: source.pixel)
          place += source.pixel
        }
      }
      for copy in 1..<max(1, size.height) { (first + copy * target.row).update(from: first, count: target.row) }
    }
  }

  private func interpolate(
    _ from: UnsafePointer<Float>, _ source: ImageMemory, _ row: Neighbours, _ columns: [Neighbours],
    _ to: UnsafeMutablePointer<Float>
  ) {
    let (upper, lower) = (from + row.first * source.row, from + row.second * source.row)
    for (index, column) in columns.enumerated() {
      let (left, right) = (column.first * source.pixel, column.second * source.pixel)
      let place = to + index * source.pixel
      for channel in 0..<source.pixel {
        let top = upper[left + channel] + (upper[right + channel] - upper[left + channel]) * column.share
        let bottom = lower[left + channel] + (lower[right + channel] - lower[left + channel]) * column.share
        place[channel] = top + (bottom - top) * row.share
      }
    }
  }
}

/// The two inputs of an axis that an output stands between.
private struct Neighbours {
  let first: Int
  let second: Int
  /// Of the second.
  let share: Float

  static func axis(_ length: Int, factor: Int) -> [Neighbours] {
    (0..<length * factor).map { output in
      let place = (Double(output) + 0.5) / Double(factor) - 0.5
      let below = place.rounded(.down)
      return Neighbours(
        first: max(0, Int(below)), second: min(length - 1, Int(below) + 1), share: Float(place - below))
    }
  }
}
