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

  /// Computes the given rows of the batch; leaves the rest as it was once `isCancelled` says so, which is asked for
  /// each phase of a row.
  func compute(_ rows: Range<Int>, _ isCancelled: () -> Bool) {
    for row in rows {
      let (image, y) = row.quotientAndRemainder(dividingBy: plan.geometry.output.height)
      computeRow(image: image, y: y, isCancelled)
    }
  }

  /// A kernel row and the input row that it meets.
  private struct RowTap {
    let kernelRow: Int
    let inputRow: UnsafePointer<Float>
  }

  private func computeRow(image: Int, y: Int, _ isCancelled: () -> Bool) {
    let (phase, index) = plan.rows.position(ofOutput: y)
    let rowTaps = plan.rows.phases[phase].taps.compactMap { tap -> RowTap? in
      let inputY = index + tap.inputOffset
      guard inputY >= 0, inputY < plan.geometry.input.height else { return nil }
      return RowTap(
        kernelRow: tap.kernelIndex, inputRow: input + image * inputSteps.image + inputY * inputSteps.row)
    }
    let outputRow = output + image * outputSteps.image + y * outputSteps.row
    let filters = plan.layer.filters
    filters.weights.withElements { weights in
      for group in 0..<filters.groups {
        for blockIndex in 0..<filters.blocksPerGroup {
          let block = filters.block(blockIndex, ofGroup: group)
          let firstChannel = group * filters.outputChannelsPerGroup + block.firstChannel
          var line = BlockLine(
            rowTaps: rowTaps,
            firstInputChannel: group * filters.inputChannelsPerGroup * inputSteps.channel,
            weights: weights.baseAddress! + block.offset,
            block: block,
            bias: bias(firstChannel..<firstChannel + block.lanes),
            output: outputRow + firstChannel * outputSteps.channel)
          for phase in plan.columns.phases.indices {
            if isCancelled() { return }
            computePhase(phase, of: &line)
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
    let rowTaps: [RowTap]
    let firstInputChannel: Int
    let weights: UnsafePointer<Float>
    let block: PackedFilters.Block
    let bias: Lanes
    let output: UnsafeMutablePointer<Float>
    /// Column taps that the tile at hand meets; kept for its memory.
    var columnTaps: [AxisPhases.Tap] = []
  }

  private func computePhase(_ phaseIndex: Int, of line: inout BlockLine) {
    let phase = plan.columns.phases[phaseIndex]
    var m = 0
    while m < phase.count {
      let width = min(RowTile.columnsPerTile, phase.count - m)
      if width == RowTile.columnsPerTile, narrow(phase.taps, to: m..<m + width, into: &line.columnTaps) {
        computeTile(line, m: m, phaseIndex: phaseIndex)
        m += width
      } else {
        _ = narrow(phase.taps, to: m..<m + 1, into: &line.columnTaps)
        computeColumn(line, m: m, phaseIndex: phaseIndex)
        m += 1
      }
    }
  }

  /// Keeps the taps whose inputs exist for every output in `range`; false where a tap exists for some of them only.
  private func narrow(
    _ taps: [AxisPhases.Tap], to range: Range<Int>, into kept: inout [AxisPhases.Tap]
  ) -> Bool {
    kept.removeAll(keepingCapacity: true)
    for tap in taps {
      let first = range.lowerBound + tap.inputOffset
      let last = range.upperBound - 1 + tap.inputOffset
      if first >= 0, last < plan.columns.input {
        kept.append(tap)
      } else if last >= 0, first < plan.columns.input {
        return false
      }
    }
    return true
  }

  private func computeTile(_ line: BlockLine, m: Int, phaseIndex: Int) {
    let filters = plan.layer.filters
    let columnStep = inputSteps.column
    let channelStep = inputSteps.channel
    var (sum0, sum1, sum2, sum3) = (line.bias, line.bias, line.bias, line.bias)
    for rowTap in line.rowTaps {
      for tap in line.columnTaps {
        var x = rowTap.inputRow + line.firstInputChannel + (m + tap.inputOffset) * columnStep
        var w = line.weights + (rowTap.kernelRow * filters.kernel.width + tap.kernelIndex) * line.block.tapStep
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

  private func computeColumn(_ line: BlockLine, m: Int, phaseIndex: Int) {
    let filters = plan.layer.filters
    let channelStep = inputSteps.channel
    var sum = line.bias
    for rowTap in line.rowTaps {
      for tap in line.columnTaps {
        var x = rowTap.inputRow + line.firstInputChannel + (m + tap.inputOffset) * inputSteps.column
        var w = line.weights + (rowTap.kernelRow * filters.kernel.width + tap.kernelIndex) * line.block.tapStep
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
