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
    let rows = Neighbours.phases(factor: size.height)
    let columns = Neighbours.phases(factor: size.width)
    tensor = Tensor.filled(shape: output) { elements in
      input.withElements { input in
        guard let from = input.baseAddress, let to = elements.baseAddress else { return }
        for plane in 0..<target.planes {
          let (from, to) = (from + plane * source.plane, to + plane * target.plane)
          if isBilinear {
            for row in 0..<target.height {
              let (above, share) = rows[row % size.height].place(row / size.height)
              interpolate(
                from + max(0, above) * source.row, from + min(source.height - 1, above + 1) * source.row, share,
                source, columns, to + row * target.row)
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

  /// One row of the output, between two of the input.
  private func interpolate(
    _ upper: UnsafePointer<Float>, _ lower: UnsafePointer<Float>, _ share: Float, _ source: ImageMemory,
    _ phases: [Neighbours], _ to: UnsafeMutablePointer<Float>
  ) {
    var place = to
    for pixel in 0..<source.width {
      for phase in phases {
        let (before, right) = phase.place(pixel)
        let (first, second) = (max(0, before) * source.pixel, min(source.width - 1, before + 1) * source.pixel)
        for channel in 0..<source.pixel {
          let top = upper[first + channel] + (upper[second + channel] - upper[first + channel]) * right
          let bottom = lower[first + channel] + (lower[second + channel] - lower[first + channel]) * right
          place[channel] = top + (bottom - top) * share
        }
        place += source.pixel
      }
    }
  }
}

/// Where an output stands among the inputs of its axis; the same for all outputs of a phase but for a whole number.
private struct Neighbours {
  /// From the pixel that the output is part of to the one before it; -1 or 0.
  private let offset: Int
  /// Of the input after that one.
  private let share: Float

  /// O(factor).
  static func phases(factor: Int) -> [Neighbours] {
    (0..<factor).map { phase in
      let place = (Double(phase) + 0.5) / Double(factor) - 0.5
      let below = place.rounded(.down)
      return Neighbours(offset: Int(below), share: Float(place - below))
    }
  }

  /// The input before the output, which may not exist, and the share of the one after it.
  func place(_ pixel: Int) -> (before: Int, share: Float) { (pixel + offset, share) }
}
