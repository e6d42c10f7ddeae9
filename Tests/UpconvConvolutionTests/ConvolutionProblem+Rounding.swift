import UpconvConvolution
import UpconvTensor
import UpconvTestSupport

/// What rounding errors of one output scale with.
struct OutputScale {
  let exact: Double
  /// Σ|x·w| + |bias|
  let own: Double
  /// Σ over input channels of (largest |x| of any tile that the output can lie in) · (Σ|w| of the phase's taps), and
  /// |bias|: what the errors of Winograd's algorithm scale with. Never less than `own`.
  let tile: Double
  /// Σ over input channels of (largest |x| of two neighbouring pixels and of two channels half of all apart) · (largest
  /// |w| of two neighbouring kernel rows and of the same channels), and |bias|: what the errors of Strassen's products
  /// scale with, where the output meets one tap. Never less than `own`.
  let pair: Double
}

extension ConvolutionProblem {
  /// One output before its activation by the definition, in double precision.
  func scale(ofOutput index: Int) -> OutputScale {
    let layout = operation.layout
    let images = layout.images(input.shape.dimensions)!
    let outputs = ImageBatch(
      batch: images.batch, height: outputSize.height, width: outputSize.width,
      channels: filters.shape[2] * operation.groups)
    let place = ConvolutionProblem.places(index, layout.dimensions(of: outputs))
    let (oy, ox, channel) = layout == .nhwc ? (place[1], place[2], place[3]) : (place[2], place[3], place[1])
    let rows = taps(oy, cropBefore.height, operation.strides.height, operation.dilations.height, filters.shape[0])
    let columns = taps(ox, cropBefore.width, operation.strides.width, operation.dilations.width, filters.shape[1])
    let tileRows = ConvolutionProblem.tile(rows, images.height)
    let tileColumns = ConvolutionProblem.tile(columns, images.width)
    let inputsPerGroup = images.channels / operation.groups
    let group = channel / filters.shape[2]
    let start = Double(bias?.elements[channel] ?? 0)
    var (sum, own, tile, pair) = (start, abs(start), abs(start), abs(start))
    let isOneTap = rows.count == 1 && columns.count == 1 && inputsPerGroup % 2 == 0
    input.withElements { x in
      filters.withElements { w in
        for input in group * inputsPerGroup..<(group + 1) * inputsPerGroup {
          func partner(_ input: Int, _ group: Int) -> Int {
            let first = group * inputsPerGroup
            return first + (input - first + inputsPerGroup / 2) % inputsPerGroup
          }
          func pixel(_ row: Int, _ column: Int, _ input: Int) -> Double {
            Double(
              layout == .nhwc
                ? x[((place[0] * images.height + row) * images.width + column) * images.channels + input]
                : x[((place[0] * images.channels + input) * images.height + row) * images.width + column])
          }
          var weights = 0.0
          for row in rows {
            for column in columns {
              let filter = (row.tap * filters.shape[1] + column.tap) * filters.shape[2] + channel % filters.shape[2]
              let weight = Double(w[filter * images.channels + input])
              weights += abs(weight)
              guard (0..<images.height).contains(row.input), (0..<images.width).contains(column.input) else { continue }
              let product = pixel(row.input, column.input, input) * weight
              sum += product
              own += abs(product)
            }
          }
          var largest = 0.0
          for row in tileRows {
            for column in tileColumns { largest = max(largest, abs(pixel(row, column, input))) }
          }
          tile += largest * weights
          guard isOneTap, let row = rows.first, let column = columns.first else { continue }
          var (largestInput, largestWeight) = (0.0, 0.0)
          for input in [input, partner(input, group)] {
            for neighbour in [column.input, column.input ^ 1] where neighbour < images.width {
              largestInput = max(largestInput, abs(pixel(row.input, neighbour, input)))
            }
            for neighbour in [row.tap, row.tap ^ 1] where neighbour < filters.shape[0] {
              let filter = (neighbour * filters.shape[1] + column.tap) * filters.shape[2] + channel % filters.shape[2]
              largestWeight = max(largestWeight, abs(Double(w[filter * inputsPerGroup * operation.groups + input])))
            }
          }
          pair += largestInput * largestWeight
        }
      }
    }
    return OutputScale(exact: sum, own: own, tile: tile, pair: pair)
  }

  /// Where an element stands along each axis.
  private static func places(_ index: Int, _ dimensions: [Int]) -> [Int] {
    var rest = index
    return dimensions.reversed().map { length in
      defer { rest /= length }
      return rest % length
    }.reversed()
  }

  /// The taps of an output's phase, with the inputs that they read, which may not exist.
  private func taps(
    _ output: Int, _ crop: Int, _ stride: Int, _ dilation: Int, _ kernel: Int
  ) -> [(tap: Int, input: Int)] {
    (0..<kernel).compactMap { tap in
      let reach = output + crop - tap * dilation
      return reach % stride == 0 ? (tap, reach / stride) : nil
    }
  }

  /// A tile has at most four outputs along an axis, so it reads at most three inputs more to each side.
  private static func tile(_ taps: [(tap: Int, input: Int)], _ inputs: Int) -> Range<Int> {
    let reach = taps.map(\.input)
    let first = min(inputs, max(0, (reach.min() ?? 0) - 3))
    return first..<max(first, min(inputs, (reach.max() ?? -1) + 4))
  }

  /// A sentence about the worst element that is out of the bound that `docs/semantics.md` gives for the algorithm.
  func firstFault(_ got: [Float], by algorithm: Algorithm, _ reference: GatherReference) -> String? {
    let fault = Comparison.firstFault(got: got, expected: reference.outputs, magnitudes: reference.magnitudes)
    guard fault != nil, algorithm == .winograd || algorithm == .strassen, got.count == reference.outputs.count
    else { return fault }
    // Only what is out of its own bound needs a tile's or a pair's, which is never smaller.
    return Comparison.firstFault(
      got: got, expected: reference.outputs,
      magnitudes: got.indices.map { index in
        let own = reference.magnitudes[index]
        let bound = Comparison.relativeBound * own + Comparison.absoluteBound
        guard abs(Double(got[index]) - reference.outputs[index]) > bound else { return own }
        let scale = scale(ofOutput: index)
        return algorithm == .winograd ? scale.tile : scale.pair
      })
  }
}
