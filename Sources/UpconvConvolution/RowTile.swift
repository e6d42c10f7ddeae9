import UpconvTensor

/// Computes rows of the output: the one place where numbers are multiplied.
///
/// | tensor | axes | elements apart |
/// |---|---|---|
/// | input | image, row, column, channel | `inputSteps`, by layout |
/// | filters | group, block of 8 output channels, kernel row, kernel column, input channel, lane | packed, contiguous |
/// | output | image, row, column, channel | `outputSteps`, by layout |
///
/// Row, phase and tap tables come from the plan; every index that is formed here lies inside the tensors because
/// taps are narrowed to inputs that exist before they are used.
struct RowTile {
  private typealias Lanes = SIMD8<Float>
  /// Neighbours of one phase that are computed together.
  private static let columnsPerTile = 4

  private let plan: ConvolutionPlan
  private let input: UnsafePointer<Float>
  private let output: UnsafeMutablePointer<Float>
  private let inputSteps: ImageBatch.Steps
  private let outputSteps: ImageBatch.Steps
  private let activation: Activation

  init(plan: ConvolutionPlan, input: UnsafeBufferPointer<Float>, slab: OutputSlab) {
    self.plan = plan
    self.input = input.baseAddress!
    self.output = slab.elements.baseAddress!
    let layout = plan.layer.operation.layout
    inputSteps = plan.geometry.input.steps(layout)
    outputSteps = plan.geometry.output.steps(layout)
    activation = plan.layer.operation.activation
  }

  /// Computes the given rows of the batch; leaves the rest as it was once `isCancelled` says so, which is asked
  /// often.
  func compute(_ rows: Range<Int>, _ isCancelled: () -> Bool) {
    for row in rows {
      let (image, y) = row.quotientAndRemainder(dividingBy: plan.geometry.output.height)
      computeRow(image: image, y: y, isCancelled)
    }
  }

  private func computeRow(image: Int, y: Int, _ isCancelled: () -> Bool) {
    let (phase, index) = plan.rows.position(ofOutput: y)
    let rowTaps = plan.rows.phases[phase].usefulTaps(at: index, input: plan.rows.input)
    let outputRow = output + image * outputSteps.image + y * outputSteps.row
    let filters = plan.layer.filters
    filters.weights.withElements { weights in
      for group in 0..<filters.groups {
        for blockIndex in 0..<filters.blocksPerGroup {
          let block = filters.block(blockIndex, ofGroup: group)
          let firstChannel = group * filters.outputChannelsPerGroup + block.firstChannel
          let firstInputChannel = group * filters.inputChannelsPerGroup * inputSteps.channel
          let line = BlockLine(
            rowTaps: plan.rows.phases[phase].taps[rowTaps],
            input: input + image * inputSteps.image + index * inputSteps.row + firstInputChannel,
            weights: weights.baseAddress! + block.offset,
            block: block,
            bias: bias(firstChannel..<firstChannel + block.lanes),
            output: outputRow + firstChannel * outputSteps.channel)
          for phase in plan.columns.phases.indices {
            guard computePhase(phase, of: line, isCancelled) else { return }
          }
        }
      }
    }
  }

  private func bias(_ channels: Range<Int>) -> Lanes {
    var lanes = Lanes.zero
    plan.layer.filters.bias?.withElements { bias in
      for (lane, channel) in channels.enumerated() { lanes[lane] = bias[channel] }
    }
    return lanes
  }

  /// What is fixed for one row and one block of output channels.
  private struct BlockLine {
    /// The kernel rows that meet input rows, with those rows' offsets from `input`.
    let rowTaps: ArraySlice<AxisPhases.Tap>
    /// The first channel of the block's group, in the row that an offset of 0 stands for.
    let input: UnsafePointer<Float>
    let weights: UnsafePointer<Float>
    let block: PackedFilters.Block
    let bias: Lanes
    let output: UnsafeMutablePointer<Float>
  }

  /// Columns after which `isCancelled` is asked again.
  private static let columnsPerQuestion = 256

  /// False where the run was given up.
  private func computePhase(_ phaseIndex: Int, of line: BlockLine, _ isCancelled: () -> Bool) -> Bool {
    let phase = plan.columns.phases[phaseIndex]
    let width = RowTile.columnsPerTile
    var m = 0
    var nextQuestion = 0
    while m < phase.count {
      if m >= nextQuestion {
        if isCancelled() { return false }
        nextQuestion = m + RowTile.columnsPerQuestion
      }
      let taps = phase.usefulTaps(at: m, input: plan.columns.input)
      // What the first and the last column of a tile share, all between them share too.
      if m + width <= phase.count, phase.usefulTaps(at: m + width - 1, input: plan.columns.input) == taps {
        computeTile(line, phase.taps[taps], m: m, phaseIndex: phaseIndex)
        m += width
      } else {
        computeColumn(line, phase.taps[taps], m: m, phaseIndex: phaseIndex)
        m += 1
      }
    }
    return true
  }

  private func computeTile(
    _ line: BlockLine, _ columnTaps: ArraySlice<AxisPhases.Tap>, m: Int, phaseIndex: Int
  ) {
    let filters = plan.layer.filters
    let columnStep = inputSteps.column
    let channelStep = inputSteps.channel
    var (sum0, sum1, sum2, sum3) = (line.bias, line.bias, line.bias, line.bias)
    for rowTap in line.rowTaps {
      for tap in columnTaps {
        var x = line.input + rowTap.inputOffset * inputSteps.row + (m + tap.inputOffset) * columnStep
        var w = line.weights + (rowTap.kernelIndex * filters.kernel.width + tap.kernelIndex) * line.block.tapStep
        for _ in 0..<filters.inputChannelsPerGroup {
          let weights = Lanes(loading: w)
          sum0 += weights * x[0]
          sum1 += weights * x[columnStep]
          sum2 += weights * x[2 * columnStep]
          sum3 += weights * x[3 * columnStep]
          x += channelStep
          w += line.block.lanes
        }
      }
    }
    store(sum0, line, column: m * plan.columns.stride + phaseIndex)
    store(sum1, line, column: (m + 1) * plan.columns.stride + phaseIndex)
    store(sum2, line, column: (m + 2) * plan.columns.stride + phaseIndex)
    store(sum3, line, column: (m + 3) * plan.columns.stride + phaseIndex)
  }

  private func computeColumn(
    _ line: BlockLine, _ columnTaps: ArraySlice<AxisPhases.Tap>, m: Int, phaseIndex: Int
  ) {
    let filters = plan.layer.filters
    let channelStep = inputSteps.channel
    var sum = line.bias
    for rowTap in line.rowTaps {
      for tap in columnTaps {
        var x = line.input + rowTap.inputOffset * inputSteps.row + (m + tap.inputOffset) * inputSteps.column
        var w = line.weights + (rowTap.kernelIndex * filters.kernel.width + tap.kernelIndex) * line.block.tapStep
        for _ in 0..<filters.inputChannelsPerGroup {
          sum += Lanes(loading: w) * x[0]
          x += channelStep
          w += line.block.lanes
        }
      }
    }
    store(sum, line, column: m * plan.columns.stride + phaseIndex)
  }

  @inline(__always)
  private func store(_ sum: Lanes, _ line: BlockLine, column: Int) {
    let destination = line.output + column * outputSteps.column
    for lane in 0..<line.block.lanes { destination[lane * outputSteps.channel] = activation(sum[lane]) }
  }
}

extension SIMD8<Float> {
  /// Eight neighbouring elements, at any alignment.
  @inline(__always)
  fileprivate init(loading pointer: UnsafePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
  }
}
