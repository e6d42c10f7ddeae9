import UpconvConvolution
import UpconvTensor

/// Kernels of transposed convolutions, `[height, width, outputs, inputs]`, that begin without a checkerboard: a constant
/// image gives a constant one, away from its border, because every phase has the same sum of weights.
struct UpsamplingKernel {
  private let dimensions: [Int]
  private let strides: Spatial

  init(dimensions: [Int], strides: Spatial) {
    self.dimensions = dimensions
    self.strides = strides
  }

  /// Interpolates each channel by itself: along an axis, weights fall in a straight line from the kernel's middle to
  /// nothing a stride away, scaled so that those of each phase add up to 1. For a kernel of twice the stride that is
  /// what FCN's layers begin with (Long, Shelhamer, Darrell 2015).
  func bilinear() -> Tensor {
    let (rows, columns) = (
      UpsamplingKernel.tent(dimensions[0], strides.height), UpsamplingKernel.tent(dimensions[1], strides.width)
    )
    let channels = dimensions[2]
    var weights = [Float](repeating: 0, count: product(dimensions))
    for (y, row) in rows.enumerated() {
      for (x, column) in columns.enumerated() {
        for channel in 0..<channels {
          weights[((y * columns.count + x) * channels + channel) * channels + channel] = Float(row * column)
        }
      }
    }
    return Tensor.filled(dimensions: dimensions, elements: weights)
  }

  private static func tent(_ kernel: Int, _ stride: Int) -> [Double] {
    let middle = Double(kernel - 1) / 2
    let weights = (0..<kernel).map { max(0, 1 - abs(Double($0) - middle) / Double(stride)) }
    return weights.indices.map { tap in
      let sum = Swift.stride(from: tap % stride, to: kernel, by: stride).reduce(0) { $0 + weights[$1] }
      return sum > 0 ? weights[tap] / sum : 0
    }
  }

  /// The small kernel whose numbers are drawn: see `icnr`.
  var smallDimensions: [Int] {
    [
      UpsamplingKernel.small(dimensions[0], strides.height), UpsamplingKernel.small(dimensions[1], strides.width),
      dimensions[2], dimensions[3],
    ]
  }

  /// The same small kernel for every phase, as if a convolution's image had its pixels repeated: Aitken et al. 2017.
  ///
  /// That needs a kernel of a multiple of the stride. Another one of at least the stride is as if the pixels were
  /// repeated first and then convolved: each of its weights is added to as many neighbouring taps as the stride has.
  /// - Parameter draw: answers one number of the small kernel after the other, in memory order.
  func icnr(_ draw: () -> Float) -> Tensor {
    let small = smallDimensions
    let drawn = (0..<product(small)).map { _ in draw() }
    let rows = UpsamplingKernel.sources(dimensions[0], strides.height)
    let columns = UpsamplingKernel.sources(dimensions[1], strides.width)
    let channels = dimensions[2] * dimensions[3]
    var weights = [Float](repeating: 0, count: product(dimensions))
    for (y, smallRows) in rows.enumerated() {
      for (x, smallColumns) in columns.enumerated() {
        let place = (y * columns.count + x) * channels
        for row in smallRows {
          for column in smallColumns {
            let source = (row * small[1] + column) * channels
            for channel in 0..<channels { weights[place + channel] += drawn[source + channel] }
          }
        }
      }
    }
    return Tensor.filled(dimensions: dimensions, elements: weights)
  }

  private static func small(_ kernel: Int, _ stride: Int) -> Int {
    kernel % stride == 0 ? kernel / stride : max(1, kernel - stride + 1)
  }

  /// Which weights of the small kernel each tap is the sum of.
  private static func sources(_ kernel: Int, _ stride: Int) -> [ClosedRange<Int>] {
    let last = small(kernel, stride) - 1
    return (0..<kernel).map { tap in
      kernel % stride == 0 ? tap / stride...tap / stride : max(0, tap - stride + 1)...min(tap, last)
    }
  }
}
