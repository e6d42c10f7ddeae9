package import UpconvConvolution
import UpconvTensor

/// A report of the pattern that a transposed convolution puts into a constant image, and of the remedy.
///
/// Outputs that are equal modulo the stride are a phase: they share their taps. Phases with unlike numbers of taps differ
/// for most weights (Odena, Dumoulin, Olah 2016). Whether they do differ depends on the weights: an image of ones in every
/// input channel gives each output channel one number for each phase, the phase's gain. Equal gains leave a constant image
/// constant. `docs/mathematics.md` has the formulas.
package struct Checkerboard: Sendable {
  package let layer: String
  package let kernel: Spatial
  package let strides: Spatial
  /// Taps that an output meets, by phase: rows of the stride's height, columns of its width.
  package let overlaps: [[Int]]
  /// The output channel whose phases differ most; the first of several.
  package let channel: Int
  /// The gains of that channel by phase: its outputs for an image of ones, without the bias.
  package let gains: [[Double]]
  /// The standard deviation of that channel's gains over its phases, relative to the channel's typical output.
  package let unevenness: Double
  /// The same for all channels together: the pattern's root mean square over that of the typical outputs.
  package let meanUnevenness: Double

  /// Returns nil for stride 1, which has one phase only, and for so many phases that the report would be useless.
  /// - Complexity: O(weights).
  init?(layer: String, _ convolution: ConvolutionLayer) {
    let operation = convolution.operation
    let phaseCount = product([operation.strides.height, operation.strides.width])
    guard (2...1024).contains(phaseCount) else { return nil }
    self.layer = layer
    kernel = convolution.kernel
    strides = operation.strides
    let rows = Checkerboard.phases(kernel.height, strides.height, operation.dilations.height)
    let columns = Checkerboard.phases(kernel.width, strides.width, operation.dilations.width)
    func taps(_ phases: [Int], _ phase: Int) -> Int { phases.count { $0 == phase } }
    let (height, width) = (strides.height, strides.width)
    overlaps = (0..<height).map { y in (0..<width).map { x in taps(rows, y) * taps(columns, x) } }

    var responses = Responses(channels: convolution.outputChannels, phases: phaseCount)
    let (perGroup, inputs) = (convolution.weights.shape[2], convolution.weights.shape[3])
    let inputsPerGroup = inputs / operation.groups
    convolution.weights.withElements { weights in
      var index = 0
      for row in rows {
        for column in columns {
          for output in 0..<perGroup {
            for input in 0..<inputs {
              responses.add(
                Double(weights[index]), channel: input / inputsPerGroup * perGroup + output,
                phase: row * width + column)
              index += 1
            }
          }
        }
      }
    }
    channel = responses.mostUneven
    let gains = responses.gains(of: channel)
    self.gains = (0..<height).map { y in Array(gains[y * width..<(y + 1) * width]) }
    unevenness = responses.unevenness(of: channel)
    meanUnevenness = responses.meanUnevenness
  }

  /// The phase of each tap of one axis.
  private static func phases(_ kernel: Int, _ stride: Int, _ dilation: Int) -> [Int] {
    (0..<kernel).map { $0 * dilation % stride }
  }

  /// The most taps that an output meets relative to the fewest; infinity if some meet none.
  package var overlapRatio: Double {
    let counts = overlaps.joined()
    let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
    return least == 0 ? (most == 0 ? 1 : .infinity) : Double(most) / Double(least)
  }

  /// A sentence for the person who trains the model; nil if no output channel shows a pattern.
  package var remedy: String? {
    let (ky, kx) = (kernel.height, kernel.width)
    let (sy, sx) = (strides.height, strides.width)
    guard unevenness >= Checkerboard.visible else { return nil }
    if overlapRatio == .infinity {
      return "outputs between the kernels are reached by no input: take a kernel of at least the strides, \(sy)×\(sx)"
    }
    if overlapRatio > 1 {
      let (my, mx) = ((ky + sy - 1) / sy * sy, (kx + sx - 1) / sx * sx)
      let other = "UpSampling2D((\(sy),\(sx))) and a Conv2D of \(ky - sy + 1)×\(kx - sx + 1)"
      return "take a kernel of \(my)×\(mx), a multiple of the strides, or \(other)"
    }
    return "all outputs meet equally many taps, so training can even it out: begin from icnr, or let a same-size "
      + "Conv2D follow that smooths"
  }

  /// Phases that differ by less than this share are not seen in a picture of 256 levels.
  private static let visible = 0.01
}

/// The sums over a kernel that say what each phase of each output channel gives.
private struct Responses {
  private let phases: Int
  /// Of weights, by channel and phase: the outputs for an image of ones.
  private var sums: [Double]
  /// Of squared weights, by channel: the variance of the outputs for white noise of variance 1, of all phases together.
  private var squares: [Double]

  init(channels: Int, phases: Int) {
    self.phases = phases
    sums = [Double](repeating: 0, count: channels * phases)
    squares = [Double](repeating: 0, count: channels)
  }

  mutating func add(_ weight: Double, channel: Int, phase: Int) {
    sums[channel * phases + phase] += weight
    squares[channel] += weight * weight
  }

  func gains(of channel: Int) -> [Double] { Array(sums[channel * phases..<(channel + 1) * phases]) }

  private func deviation(of channel: Int) -> Double {
    let gains = gains(of: channel)
    let mean = gains.reduce(0, +) / Double(phases)
    return (gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(phases)).squareRoot()
  }

  /// The larger of two: the mean magnitude of the outputs for an image of ones, and the root mean square of those for
  /// noise of the same power. The second keeps a channel that answers a constant image with next to nothing, such as one
  /// that finds edges, from dividing nothing by nothing.
  private func typicalOutput(of channel: Int) -> Double {
    let magnitude = gains(of: channel).reduce(0) { $0 + abs($1) } / Double(phases)
    return max(magnitude, (squares[channel] / Double(phases)).squareRoot())
  }

  /// 0 for a channel without any weight other than 0.
  func unevenness(of channel: Int) -> Double {
    let typical = typicalOutput(of: channel)
    return typical > 0 ? deviation(of: channel) / typical : 0
  }

  var mostUneven: Int {
    // Channels that are equal but for rounding count as equal, and the first of them is named.
    let all = squares.indices.map(unevenness)
    let most = all.max() ?? 0
    return all.firstIndex { $0 >= most * (1 - 1e-9) } ?? 0
  }

  var meanUnevenness: Double {
    var (pattern, typical) = (0.0, 0.0)
    for channel in squares.indices {
      let (deviation, output) = (deviation(of: channel), typicalOutput(of: channel))
      pattern += deviation * deviation
      typical += output * output
    }
    return typical > 0 ? (pattern / typical).squareRoot() : 0
  }
}
