import UpconvTensor

/// A layer whose neighbouring outputs of a row are taken as channels of one pixel, which few products compute and store
/// as whole vectors.
///
/// Memory is what it was: `[row][column][channel]` with `column = pixel · outputsPerPixel + output` is
/// `[row][pixel][output · channels + channel]`. A merged pixel has the outputs of one input pixel, `stride` of them,
/// or of a few. It is cut into parts, each a product of its own, whose kernel is as wide as its outputs' taps together,
/// with zeros where one has none: outputs with the same inputs are one part without a zero, and a part of more outputs
/// may fill more of its vectors. How many pixels and which parts is a matter of cost.
/// The zeros must not meet what is not finite: see `hasZeros`.
struct RowMerge: Sendable {
  let parts: RowParts
  /// For each part, for each column of its kernel and each of its outputs the kernel column that stands there.
  let kernelColumns: [[[Int?]]]
  /// The sum of the parts' costs.
  let cost: Double

  /// Merged outputs, and columns of a part's kernel, beyond which searching costs more than it finds.
  private static let maxOutputs = 16
  private static let maxKernelWidth = 64

  /// The cheapest merge; nil if outputs are not neighbours in memory, or not equally many in each pixel.
  /// - Parameters:
  ///   - widestProduct: columns beyond which a product gains nothing by more of them.
  ///   - cost: of a part, from its channels, its kernel's columns, and its pixels in a row.
  static func cheapest(
    output: ImageBatch, _ columns: AxisPhases, _ filters: FilterSizes, _ layout: Layout, widestProduct: Int,
    cost: (_ channels: Int, _ taps: Int, _ pixels: Int) -> Double
  ) -> RowMerge? {
    let stride = columns.stride
    guard layout == .nhwc, filters.groups == 1, columns.window.count <= maxKernelWidth else { return nil }
    var best: RowMerge?
    for pixels in 1...maxOutputs {
      let outputs = pixels * stride
      guard outputs <= maxOutputs, pixels == 1 || outputs * filters.outputsPerGroup <= widestProduct else { break }
      guard outputs > 1, output.width % outputs == 0 else { continue }
      let merge = RowMerge(
        columns, inputPixels: pixels, count: output.width / outputs, channels: filters.outputsPerGroup, cost: cost)
      if merge.cost < best?.cost ?? .infinity { best = merge }
    }
    return best
  }

  private init(
    _ columns: AxisPhases, inputPixels: Int, count: Int, channels: Int, cost: (Int, Int, Int) -> Double
  ) {
    let outputs = inputPixels * columns.stride
    let taps = (0..<outputs).map { output in
      columns.phases[output % columns.stride].taps.map {
        AxisPhases.Tap(kernelIndex: $0.kernelIndex, inputOffset: $0.inputOffset + output / columns.stride)
      }
    }
    // The cheapest way to cut the outputs before each place, from those before the earlier ones.
    var cheapest = [(cost: 0.0, lastStart: 0)]
    for end in 1...outputs {
      var best = (cost: Double.infinity, lastStart: end - 1)
      var inputs: Set<Int> = []
      for start in stride(from: end - 1, through: 0, by: -1) {
        inputs.formUnion(taps[start].map(\.inputOffset))
        let total = cheapest[start].cost + cost((end - start) * channels, inputs.count, count)
        if total < best.cost { best = (total, start) }
      }
      cheapest.append(best)
    }
    self.cost = cheapest[outputs].cost
    var ranges: [Range<Int>] = []
    var end = outputs
    while end > 0 {
      ranges.append(cheapest[end].lastStart..<end)
      end = cheapest[end].lastStart
    }
    var parts: [RowParts.Part] = []
    var kernelColumns: [[[Int?]]] = []
    for range in ranges.reversed() {
      // Inputs descend as the kernel's columns ascend, as in every kernel.
      let inputs = Set(taps[range].joined().map(\.inputOffset)).sorted(by: >)
      kernelColumns.append(
        inputs.map { input in
          range.map { output in taps[output].first { $0.inputOffset == input }?.kernelIndex }
        })
      parts.append(
        RowParts.Part(
          phase: AxisPhases.Phase(
            count: count,
            taps: inputs.enumerated().map { AxisPhases.Tap(kernelIndex: $0, inputOffset: $1) }),
          firstPixel: 0, firstChannel: range.lowerBound * channels, channels: range.count * channels))
    }
    self.kernelColumns = kernelColumns
    self.parts = RowParts(merged: parts, inputStep: inputPixels, outputsPerPixel: outputs)
  }

  /// Whether some output has fewer taps than its part's kernel has columns.
  var hasZeros: Bool { kernelColumns.joined().contains { $0.contains(nil) } }

  /// What packed filters depend on: for each part its outputs, then its kernel's columns.
  var packing: [[Int]] {
    zip(parts.parts, kernelColumns).flatMap { part, columns in
      [[part.channels]] + columns.map { $0.map { $0 ?? -1 } }
    }
  }

  /// The kernel of each part. O(its elements).
  func filters(_ given: LayerFilters) -> [LayerFilters] {
    zip(parts.parts, kernelColumns).map { part, columns in filters(given, part.channels, columns) }
  }

  private func filters(_ given: LayerFilters, _ channels: Int, _ kernelColumns: [[Int?]]) -> LayerFilters {
    let (height, width) = (given.kernel.height, kernelColumns.count)
    let (inputs, outputs) = (given.inputChannels, given.outputsPerGroup)
    let shape = Shape(vectorLength: height * width * channels * inputs)
    let weights = Tensor.filled(shape: shape) { merged in
      given.weights.withElements { weights in
        guard var to = merged.baseAddress else { return }
        for row in 0..<height {
          for column in kernelColumns.joined() {
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
    return LayerFilters(
      weights: weights, sizes: FilterSizes(groups: 1, inputsPerGroup: inputs, outputsPerGroup: channels),
      kernel: Spatial(height: height, width: width), largestWeight: given.largestWeight)
  }

  /// A number for each output channel, such as the bias, for each channel of a merged pixel.
  func repeated(_ numbers: Tensor) -> Tensor {
    Tensor.filled(shape: Shape(vectorLength: parts.outputsPerPixel * numbers.shape.elementCount)) { merged in
      numbers.withElements { numbers in
        for index in merged.indices { merged[index] = numbers[index % numbers.count] }
      }
    }
  }
}
