import UpconvTensor

/// The definition in double precision, at some of a layer's outputs: what a result is held to before it is timed.
///
/// All outputs where that is quick, else the corners and others that are spread over the output.
struct SampledReference: Sendable {
  private struct Sample: Sendable {
    let index: Int
    let expected: Double
    /// Σ|x·w|: what rounding scales with.
    let magnitude: Double
  }

  private let samples: [Sample]

  /// About what is multiplied at most.
  private static let maxProducts = 40_000_000

  init(_ layer: BenchmarkLayer, input: Tensor, filters: Tensor) {
    let (height, width) = (layer.height * layer.stride, layer.width * layer.stride)
    let count = layer.batch * height * width * layer.outputChannels
    let perOutput = max(
      1, layer.inputChannels * (layer.kernel / layer.stride + 1) * (layer.kernel / layer.stride + 1))
    let wanted = min(count, max(64, SampledReference.maxProducts / perOutput))
    // A step without a divisor in common with the sizes meets every phase and channel.
    let step = max(1, count / wanted) | 1
    var indices = Array(stride(from: 0, to: count, by: step))
    if let last = indices.last, last != count - 1 { indices.append(count - 1) }
    samples = input.withElements { input in
      filters.withElements { filters in
        indices.map { SampledReference.sample($0, layer, input, filters) }
      }
    }
  }

  private static func sample(
    _ index: Int, _ layer: BenchmarkLayer, _ input: UnsafeBufferPointer<Float>, _ filters: UnsafeBufferPointer<Float>
  ) -> Sample {
    let (kernel, stride) = (layer.kernel, layer.stride)
    let (pixel, channel) = index.quotientAndRemainder(dividingBy: layer.outputChannels)
    let (line, x) = pixel.quotientAndRemainder(dividingBy: layer.width * stride)
    let (image, y) = line.quotientAndRemainder(dividingBy: layer.height * stride)
    let crop = max(0, kernel - stride) / 2
    var (sum, magnitude) = (0.0, 0.0)
    for ky in 0..<kernel where (y + crop - ky) % stride == 0 {
      let inputRow = (y + crop - ky) / stride
      guard (0..<layer.height).contains(inputRow), y + crop >= ky else { continue }
      for kx in 0..<kernel where (x + crop - kx) % stride == 0 {
        let inputColumn = (x + crop - kx) / stride
        guard (0..<layer.width).contains(inputColumn), x + crop >= kx else { continue }
        let from = ((image * layer.height + inputRow) * layer.width + inputColumn) * layer.inputChannels
        let weights = ((ky * kernel + kx) * layer.outputChannels + channel) * layer.inputChannels
        for inputChannel in 0..<layer.inputChannels {
          let product = Double(input[from + inputChannel]) * Double(filters[weights + inputChannel])
          sum += product
          magnitude += abs(product)
        }
      }
    }
    return Sample(index: index, expected: sum, magnitude: magnitude)
  }

  /// The largest |error| / (Σ|x·w| + 2.5) of all samples; infinity if a number is not finite. All results of this
  /// project are held to 4e-7 of it, which is 4e-7 · Σ|x·w| + 1e-6: the constant is for outputs whose own products
  /// are far smaller than their neighbours', with which Winograd's algorithm computes them together.
  func largestError(_ output: Tensor) -> Double {
    output.withElements { output in
      samples.reduce(0) { largest, sample in
        let error = abs(Double(output[sample.index]) - sample.expected)
        guard error.isFinite else { return .infinity }
        return max(largest, error / (sample.magnitude + 2.5))
      }
    }
  }
}
