import UpconvConvolution
import UpconvTensor
import UpconvTestSupport

/// Some outputs of a layer by the definition in double precision, with the magnitudes that rounding errors scale with.
/// For NHWC, dilation 1, one group, no bias.
struct RoundingSample {
  struct Output {
    let index: Int
    let exact: Double
    /// Σ|x·w|
    let magnitude: Double
    /// Σ over input channels of (largest |x| of any tile that the output can lie in) · (Σ|w| of the phase's taps).
    let tileMagnitude: Double
  }

  let outputs: [Output]

  init(_ problem: ConvolutionProblem, count: Int, _ generator: inout SeededGenerator) {
    let images = Layout.nhwc.images(problem.input.shape.dimensions)!
    let (size, operation, filters) = (problem.outputSize, problem.operation, problem.filters)
    let channels = filters.shape[2]
    /// Taps of an output, with the inputs that they read, which may not exist.
    func taps(_ output: Int, _ crop: Int, _ stride: Int, _ kernel: Int) -> [(tap: Int, input: Int)] {
      (0..<kernel).filter { (output + crop - $0) % stride == 0 }.map { ($0, (output + crop - $0) / stride) }
    }
    /// A tile has at most three outputs, so it reads at most two inputs more to each side.
    func tile(_ taps: [(tap: Int, input: Int)], _ inputs: Int) -> Range<Int> {
      let reach = taps.map(\.input)
      let first = min(inputs, max(0, (reach.min() ?? 0) - 2))
      return first..<max(first, min(inputs, (reach.max() ?? -1) + 3))
    }
    outputs = problem.input.withElements { x in
      filters.withElements { w in
        (0..<count).map { _ in
          let image = Int.random(in: 0..<images.batch, using: &generator)
          let oy = Int.random(in: 0..<size.height, using: &generator)
          let ox = Int.random(in: 0..<size.width, using: &generator)
          let channel = Int.random(in: 0..<channels, using: &generator)
          let rows = taps(oy, problem.cropBefore.height, operation.strides.height, filters.shape[0])
          let columns = taps(ox, problem.cropBefore.width, operation.strides.width, filters.shape[1])
          var (sum, magnitude, tileMagnitude) = (0.0, 0.0, 0.0)
          for input in 0..<images.channels {
            func pixel(_ y: Int, _ x: Int) -> Int {
              ((image * images.height + y) * images.width + x) * images.channels + input
            }
            var weights = 0.0
            for row in rows {
              for column in columns {
                let weight = Double(
                  w[((row.tap * filters.shape[1] + column.tap) * channels + channel) * images.channels + input])
                weights += abs(weight)
                guard (0..<images.height).contains(row.input), (0..<images.width).contains(column.input) else {
                  continue
                }
                let product = Double(x[pixel(row.input, column.input)]) * weight
                sum += product
                magnitude += abs(product)
              }
            }
            var largest = 0.0
            for y in tile(rows, images.height) {
              for column in tile(columns, images.width) { largest = max(largest, Double(abs(x[pixel(y, column)]))) }
            }
            tileMagnitude += largest * weights
          }
          return Output(
            index: ((image * size.height + oy) * size.width + ox) * channels + channel, exact: sum,
            magnitude: magnitude, tileMagnitude: tileMagnitude)
        }
      }
    }
  }

  /// The largest error relative to what `scale` says, `1e-6` of each error let pass.
  func largestError(_ got: [Float], relativeTo scale: (Output) -> Double) -> Double {
    outputs.map { max(0, abs(Double(got[$0.index]) - $0.exact) - Comparison.absoluteBound) / max(scale($0), 1e-300) }
      .max() ?? 0
  }
}
