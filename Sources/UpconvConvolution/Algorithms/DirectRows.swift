import CTiles
import UpconvKernels
import UpconvTensor

/// Computes an output row by itself: the plain way, in Swift, for layers and numbers that nothing else takes.
///
/// | tensor | axes | elements apart |
/// |---|---|---|
/// | input | image, row, column, channel | `inputSteps`, by layout |
/// | filters | group, block of 8 output channels, kernel row, kernel column, input channel, lane | packed, contiguous |
/// | output | image, row, column, channel | `outputSteps`, by layout |
///
/// Row, phase and tap tables come from the plan; every index that is formed here lies inside the tensors because
/// taps are narrowed to inputs that exist before they are used.
struct DirectRows: Schedule {
  private typealias Lanes = SIMD8<Float>
  /// Neighbours of one phase that are computed together.
  private static let columnsPerTile = 4

  let algorithm = Algorithm.direct
  let filters: DirectFilters
  let multiplyAdds: Int
  private let rows: AxisPhases
  private let columns: AxisPhases
  private let output: ImageBatch
  private let inputSteps: ImageBatch.Steps
  private let outputSteps: ImageBatch.Steps
  private let activation: Activation
  private let tiles: Tiles

  init(
    geometry: OutputGeometry, rows: AxisPhases, columns: AxisPhases, layer: LayerFilters, layout: Layout,
    activation: Activation, multiplyAdds: Int, tiles: Tiles
  ) {
    filters = DirectFilters(layer)
    self.rows = rows
    self.columns = columns
    self.multiplyAdds = multiplyAdds
    self.activation = activation
    self.tiles = tiles
    output = geometry.output
    inputSteps = geometry.input.steps(layout)
    outputSteps = geometry.output.steps(layout)
  }

  /// Output channels of a group.
  var channels: Int { filters.outputChannelsPerGroup }

  /// A unit is one output row.
  var imagesPerUnit: Int { 1 }
  var unitCount: Int { output.batch * output.height }
  var packedElements: Int { filters.elementCount }
  var scratchElements: Int { 0 }
  var tableElements: Int { 0 }

  func compute(unit: Int, _ tensors: RunTensors, scratch: UnsafeMutablePointer<Float>) {
    let (image, y) = unit.quotientAndRemainder(dividingBy: output.height)
    for group in 0..<filters.groups {
      computeRow(image: image, y: y, group: group, blocks: 0..<filters.blocksPerGroup, tensors, packed: tensors.packed)
    }
  }

  /// - Parameters:
  ///   - blocks: of the group's output channels.
  ///   - packed: as `filters` packs it.
  func computeRow(
    image: Int, y: Int, group: Int, blocks: Range<Int>, _ tensors: RunTensors, packed: UnsafePointer<Float>
  ) {
    let (phase, index) = rows.position(ofOutput: y)
    let rowTaps = rows.phases[phase].usefulTaps(at: index, input: rows.input)
    let outputRow = tensors.output + image * outputSteps.image + y * outputSteps.row
    for blockIndex in blocks {
      let block = filters.block(blockIndex, ofGroup: group)
      let firstChannel = group * filters.outputChannelsPerGroup + block.firstChannel
      let firstInputChannel = group * filters.inputChannelsPerGroup * inputSteps.channel
      var (bias, slopes) = (Lanes.zero, Lanes.zero)
      for lane in 0..<block.lanes { bias[lane] = tensors.bias[firstChannel + lane] }
      if activation == .parametricReLU {
        for lane in 0..<block.lanes { slopes[lane] = tensors.slopes[firstChannel + lane] }
      }
      let line = BlockLine(
        rowTaps: rows.phases[phase].taps[rowTaps],
        input: tensors.input + image * inputSteps.image + index * inputSteps.row + firstInputChannel,
        weights: packed + block.offset,
        block: block,
        bias: bias,
        slopes: slopes,
        output: outputRow + firstChannel * outputSteps.channel)
      for phase in columns.phases.indices { computePhase(phase, of: line) }
    }
  }

  /// What is fixed for one row and one block of output channels.
  private struct BlockLine {
    /// The kernel rows that meet input rows, with those rows' offsets from `input`.
    let rowTaps: ArraySlice<AxisPhases.Tap>
    /// The first channel of the block's group, in the row that an offset of 0 stands for.
    let input: UnsafePointer<Float>
    let weights: UnsafePointer<Float>
    let block: DirectFilters.Block
    let bias: Lanes
    let slopes: Lanes
    let output: UnsafeMutablePointer<Float>
  }

  private func computePhase(_ phaseIndex: Int, of line: BlockLine) {
    let phase = columns.phases[phaseIndex]
    let width = DirectRows.columnsPerTile
    var m = 0
    while m < phase.count {
      let taps = phase.usefulTaps(at: m, input: columns.input)
      // What the first and the last column of a tile share, all between them share too.
      if m + width <= phase.count, phase.usefulTaps(at: m + width - 1, input: columns.input) == taps {
        computeTile(line, phase.taps[taps], m: m, phaseIndex: phaseIndex)
        m += width
      } else {
        computeColumn(line, phase.taps[taps], m: m, phaseIndex: phaseIndex)
        m += 1
      }
    }
  }

  private func computeTile(
    _ line: BlockLine, _ columnTaps: ArraySlice<AxisPhases.Tap>, m: Int, phaseIndex: Int
  ) {
    let columnStep = inputSteps.column
    let channelStep = inputSteps.channel
    var sums = (line.bias, line.bias, line.bias, line.bias)
    for rowTap in line.rowTaps {
      for tap in columnTaps {
        var x = line.input + rowTap.inputOffset * inputSteps.row + (m + tap.inputOffset) * columnStep
        var w = line.weights + (rowTap.kernelIndex * filters.kernel.width + tap.kernelIndex) * line.block.tapStep
        for _ in 0..<filters.inputChannelsPerGroup {
          let weights = Lanes(loading: w)
          sums.0 += weights * x[0]
          sums.1 += weights * x[columnStep]
          sums.2 += weights * x[2 * columnStep]
          sums.3 += weights * x[3 * columnStep]
          x += channelStep
          w += line.block.lanes
        }
      }
    }
    activate(&sums, line)
    store(sums.0, line, column: m * columns.stride + phaseIndex)
    store(sums.1, line, column: (m + 1) * columns.stride + phaseIndex)
    store(sums.2, line, column: (m + 2) * columns.stride + phaseIndex)
    store(sums.3, line, column: (m + 3) * columns.stride + phaseIndex)
  }

  private func computeColumn(
    _ line: BlockLine, _ columnTaps: ArraySlice<AxisPhases.Tap>, m: Int, phaseIndex: Int
  ) {
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
    activate(&sum, line)
    store(sum, line, column: m * columns.stride + phaseIndex)
  }

  /// Applies the activation to the sums of neighbours, each of a block's lanes.
  @inline(__always)
  private func activate<Sums>(_ sums: inout Sums, _ line: BlockLine) {
    guard activation != .linear else { return }
    withUnsafeMutableBytes(of: &sums) { sums in
      withUnsafeBytes(of: line.slopes) { slopes in
        guard let sums = sums.baseAddress, let slopes = slopes.baseAddress else { return }
        tiles.activate(
          upconv_activation(activation, slopes: slopes.assumingMemoryBound(to: Float.self)),
          sums.assumingMemoryBound(to: Float.self), rows: MemoryLayout<Sums>.size / MemoryLayout<Lanes>.size,
          rowStep: DirectFilters.lanes, columns: DirectFilters.lanes)
      }
    }
  }

  @inline(__always)
  private func store(_ sum: Lanes, _ line: BlockLine, column: Int) {
    let destination = line.output + column * outputSteps.column
    for lane in 0..<line.block.lanes { destination[lane * outputSteps.channel] = sum[lane] }
  }
}

extension SIMD8<Float> {
  /// Eight neighbouring elements, at any alignment.
  @inline(__always)
  fileprivate init(loading pointer: UnsafePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
  }
}
