package import UpconvConvolution
import UpconvTensor

/// Whether a transposed convolution draws a checkerboard, and what to do about it.
///
/// Outputs that are equal modulo the stride are a phase: they share their taps. Phases with unlike numbers of taps
/// differ for most weights (Odena, Dumoulin, Olah 2016); phases with unlike sums of weights, their gains, differ for a
/// constant image, whatever the kernel's size.
package struct Checkerboard: Sendable {
  package let layer: String
  package let kernel: Spatial
  package let strides: Spatial
  /// Taps that an output meets, by phase: rows of the stride's height, columns of its width.
  package let overlaps: [[Int]]
  /// For each phase the root mean square of its gains over all pairs of an input and an output channel.
  package let gains: [[Double]]
  /// The gains' standard deviation over the phases of a pair, relative to their mean magnitude, over all pairs. 0 where
  /// a constant image stays constant.
  package let unevenness: Double

  /// Nil where there are so many phases that nobody would look at them.
  /// - Complexity: O(weights).
  init?(layer: String, _ convolution: ConvolutionLayer) {
    guard product([convolution.operation.strides.height, convolution.operation.strides.width]) <= 1024 else {
      return nil
    }
    self.layer = layer
    kernel = convolution.kernel
    strides = convolution.operation.strides
    let (height, width) = (strides.height, strides.width)
    func taps(_ phase: Int, _ kernel: Int, _ stride: Int) -> Int {
      phase < kernel ? (kernel - phase + stride - 1) / stride : 0
    }
    let (kernel, strides) = (kernel, strides)
    overlaps = (0..<height).map { y in
      (0..<width).map { x in taps(y, kernel.height, strides.height) * taps(x, kernel.width, strides.width) }
    }
    let weights = convolution.weights
    let pairs = weights.shape[2] * weights.shape[3]
    var sums = [[Double]](repeating: [Double](repeating: 0, count: pairs), count: height * width)
    weights.withElements { weights in
      for y in 0..<kernel.height {
        for x in 0..<kernel.width {
          let phase = y % height * width + x % width
          let first = (y * kernel.width + x) * pairs
          for pair in 0..<pairs { sums[phase][pair] += Double(weights[first + pair]) }
        }
      }
    }
    let roots = sums.map { gains in (gains.reduce(0) { $0 + $1 * $1 } / Double(pairs)).squareRoot() }
    gains = (0..<height).map { y in Array(roots[y * width..<(y + 1) * width]) }
    var (deviations, magnitudes) = (0.0, 0.0)
    let phases = Double(sums.count)
    for pair in 0..<pairs {
      let mean = sums.reduce(0) { $0 + $1[pair] } / phases
      deviations += (sums.reduce(0) { $0 + ($1[pair] - mean) * ($1[pair] - mean) } / phases).squareRoot()
      magnitudes += sums.reduce(0) { $0 + abs($1[pair]) } / phases
    }
    unevenness = magnitudes > 0 ? deviations / magnitudes : 0
  }

  /// The most taps that an output meets relative to the fewest; infinity where some meet none.
  package var overlapRatio: Double {
    let counts = overlaps.joined()
    let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
    return least == 0 ? (most == 0 ? 1 : .infinity) : Double(most) / Double(least)
  }

  /// A sentence for whoever trains the model.
  package var remedy: String {
    let (ky, kx) = (kernel.height, kernel.width)
    let (sy, sx) = (strides.height, strides.width)
    if ky < sy || kx < sx {
      return "outputs between the kernels are reached by no input: take a kernel of at least the strides, \(sy)×\(sx)"
    }
    let isSmooth = unevenness < Checkerboard.visible
    if overlapRatio > 1 {
      let (my, mx) = ((ky + sy - 1) / sy * sy, (kx + sx - 1) / sx * sx)
      let other = "UpSampling2D((\(sy),\(sx))) and a Conv2D of \(ky - sy + 1)×\(kx - sx + 1)"
      return isSmooth
        ? "none needed with these weights; a kernel of \(my)×\(mx), a multiple of the strides, would be even for all"
        : "take a kernel of \(my)×\(mx), a multiple of the strides, or \(other)"
    }
    if isSmooth { return "none needed" }
    return
      "overlaps are even, but the weights of the phases are not: begin training from icnr, or let a same-size Conv2D "
      + "follow that smooths"
  }

  /// Phases that differ by less than this share are not seen in a picture of 256 levels.
  private static let visible = 0.01
}
