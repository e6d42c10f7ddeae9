import UpconvTensor

/// A layer whose horizontal phases are taken as output channels: neighbouring outputs, one of each phase, are one
/// pixel of `stride` times as many channels, which a single product computes and stores as one piece.
///
/// Memory is what it was: `[row][column][channel]` with `column = index · stride + phase` is
/// `[row][index][phase · channels + channel]`. The merged kernel is as wide as all phases' taps together, with zeros
/// where a phase has none; where kernel and stride are equal there are none, and each row of the kernel is one dense
/// product. Few channels thus fill whole vectors. The zeros must not meet what is not finite: see `hasZeros`.
struct RowMerge {
  let geometry: OutputGeometry
  let columns: AxisPhases
  let sizes: FilterSizes
  /// For each column of the merged kernel and each phase the kernel column that stands there.
  let kernelColumns: [[Int?]]

  /// Wider kernels, of large dilations, would be mostly zeros.
  private static let maxKernelWidth = 16

  /// Nil where the phases are not neighbours in memory, or not equally long.
  init?(_ geometry: OutputGeometry, _ columns: AxisPhases, _ filters: LayerFilters, _ layout: Layout) {
    let stride = columns.stride
    guard layout == .nhwc, filters.groups == 1, stride > 1, stride <= RowMerge.maxKernelWidth,
      geometry.output.width % stride == 0
    else { return nil }
    let window = columns.window
    guard window.count <= RowMerge.maxKernelWidth else { return nil }
    var kernelColumns = [[Int?]](repeating: [Int?](repeating: nil, count: stride), count: window.count)
    for (phase, taps) in columns.phases.map(\.taps).enumerated() {
      // Inputs ascend as merged kernel columns descend, as in every kernel.
      for tap in taps { kernelColumns[window.upperBound - tap.inputOffset][phase] = tap.kernelIndex }
    }
    var output = geometry.output
    output.width /= stride
    output.channels *= stride
    let horizontal = AxisGeometry(
      input: geometry.input.width, kernel: window.count, stride: 1, dilation: 1, output: output.width,
      cropBefore: window.upperBound)
    self.geometry = OutputGeometry(
      input: geometry.input, output: output, outputShape: geometry.outputShape, vertical: geometry.vertical,
      horizontal: horizontal)
    self.columns = AxisPhases(horizontal)
    sizes = FilterSizes(groups: 1, inputsPerGroup: filters.inputsPerGroup, outputsPerGroup: output.channels)
    self.kernelColumns = kernelColumns
  }

  /// Whether some phase has fewer taps than the merged kernel has columns.
  var hasZeros: Bool { kernelColumns.contains { $0.contains(nil) } }

  /// The merged kernel. O(its elements).
  func filters(_ given: LayerFilters) -> LayerFilters {
    let (height, width) = (given.kernel.height, kernelColumns.count)
    let (inputs, outputs) = (given.inputChannels, given.outputsPerGroup)
    let shape = Shape(vectorLength: height * width * sizes.outputsPerGroup * inputs)
    let weights = Tensor.filled(shape: shape) { merged in
      given.weights.withElements { weights in
        var to = merged.baseAddress!
        for row in 0..<height {
          for phases in kernelColumns {
            for column in phases {
              if let column {
                to.update(
                  from: weights.baseAddress! + given.offset(row: row, column: column, group: 0, input: 0),
                  count: outputs * inputs)
              } else {
                to.update(repeating: 0, count: outputs * inputs)
              }
              to += outputs * inputs
            }
          }
        }
      }
    }
    return LayerFilters(
      weights: weights, sizes: sizes, kernel: Spatial(height: height, width: width),
      largestWeight: given.largestWeight)
  }

  /// The bias of each phase's channels.
  func bias(_ bias: Tensor) -> Tensor {
    Tensor.filled(shape: Shape(vectorLength: sizes.outputsPerGroup)) { merged in
      bias.withElements { bias in
        for index in merged.indices { merged[index] = bias[index % bias.count] }
      }
    }
  }
}
