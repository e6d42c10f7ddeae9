import CTiles
import UpconvKernels
import UpconvTensor

/// For few output channels: every filter row (kernel row, kernel column, output channel) times panels of input pixels,
/// then the products are summed where their taps land, in vectors along the row. No lane is idle for want of output
/// channels, nothing is multiplied in vain, and filters need no packing at all.
///
/// Source: the matrix product and col2im of most libraries, with rows and columns exchanged and the second half kept
/// in the first-level cache.
struct PixelPanels: Schedule {
  let algorithm = Algorithm.pixels
  let multiplyAdds: Int
  private let layer: Layer
  private let rows: AxisPhases
  private let columns: AxisPhases
  private let geometry: OutputGeometry
  private let layout: Layout
  private let activation: Activation
  private let tiles: Tiles
  /// Rows of the output that one unit computes.
  private let rowsPerUnit: Int
  private let panels: PanelLayout
  /// Places of filter rows (kernel row, kernel column, output channel), and of their products.
  private let filterOffsets: [Int]
  private let productOffsets: [Int]
  private let horizontalTaps: [HorizontalTap]
  private let longestPhase: Int
  /// Sums of one output row: `[phase][output channel][place in the phase]`.
  private let sumsPerRow: Int

  private struct Layer: Sendable {
    let kernel: Spatial
    let groups: Int
    let inputs: Int
    let outputs: Int
    let inputChannels: Int
  }

  /// Where a kernel column's products land.
  private struct HorizontalTap: Sendable {
    let kernelIndex: Int
    let phase: Int
    /// The outputs of the phase that it reaches, and the input of the first of them.
    let outputs: Range<Int>
    let firstInput: Int
  }

  init(
    geometry: OutputGeometry, rows: AxisPhases, columns: AxisPhases, layer: LayerFilters, layout: Layout,
    activation: Activation, tiles: Tiles, isShared: Bool
  ) {
    self.layer = Layer(
      kernel: layer.kernel, groups: layer.groups, inputs: layer.inputsPerGroup, outputs: layer.outputsPerGroup,
      inputChannels: layer.inputChannels)
    self.rows = rows
    self.columns = columns
    self.geometry = geometry
    self.layout = layout
    self.activation = activation
    self.tiles = tiles
    panels = PanelLayout(depth: layer.inputsPerGroup, columns: geometry.input.width, lanes: tiles.lanes)
    let filterRows = layer.kernel.height * layer.kernel.width * layer.outputsPerGroup
    filterOffsets = (0..<filterRows).map { $0 * layer.inputChannels }
    let width = panels.columns
    productOffsets = (0..<filterRows).map { $0 * width }
    horizontalTaps = columns.phases.enumerated().flatMap { index, phase in
      phase.taps.compactMap { tap in
        let first = max(0, -tap.inputOffset)
        let end = min(phase.count, geometry.input.width - tap.inputOffset)
        guard first < end else { return nil }
        return HorizontalTap(
          kernelIndex: tap.kernelIndex, phase: index, outputs: first..<end, firstInput: first + tap.inputOffset)
      }
    }.sorted { $0.kernelIndex < $1.kernelIndex }
    longestPhase = columns.longestPhase
    sumsPerRow = columns.phases.count * layer.outputsPerGroup * longestPhase
    let wantedPerImage = max(1, 4 * (isShared ? UnitGrid.processors : 1) / max(1, geometry.input.batch))
    // At least two kernels high, so that few input rows are packed twice.
    rowsPerUnit = max(
      min(geometry.output.height, 2 * layer.kernel.height),
      (geometry.output.height + wantedPerImage - 1) / wantedPerImage)
    multiplyAdds =
      geometry.input.batch * rows.usefulTaps * panels.elementCount * layer.kernel.width * layer.outputChannels
  }

  private var unitsPerImage: Int { (geometry.output.height + rowsPerUnit - 1) / rowsPerUnit }
  var packedElements: Int { layer.kernel.height * layer.kernel.width * layer.outputs * layer.inputChannels }
  var imagesPerUnit: Int { 1 }
  var unitCount: Int { geometry.output.batch * unitsPerImage }

  private var productsPerKernelRow: Int { layer.kernel.width * layer.outputs }
  private var productElements: Int { layer.kernel.height * productsPerKernelRow * panels.columns }

  var tableElements: Int { 2 * (filterOffsets.count + productOffsets.count) }
  var scratchElements: Int { panels.elementCount + productElements + rowsPerUnit * sumsPerRow }

  func compute(unit: Int, _ tensors: RunTensors, scratch: UnsafeMutablePointer<Float>) {
    let (image, part) = unit.quotientAndRemainder(dividingBy: unitsPerImage)
    let rowRange = part * rowsPerUnit..<min(geometry.output.height, (part + 1) * rowsPerUnit)
    let products = scratch + panels.elementCount
    let sums = products + productElements
    for group in 0..<layer.groups {
      startSums(sums, rows: rowRange.count, bias: tensors.bias + group * layer.outputs)
      for row in 0..<geometry.input.height {
        let kernelRows = kernelRows(ofInputRow: row, landingIn: rowRange)
        guard !kernelRows.isEmpty else { continue }
        packPixels(image: image, row: row, group: group, tensors, to: scratch)
        multiply(kernelRows, group: group, tensors, panels: scratch, to: products)
        for kernelRow in kernelRows {
          let place = outputRow(row, kernelRow) - rowRange.lowerBound
          addUp(
            products + (kernelRow - kernelRows.lowerBound) * productsPerKernelRow * panels.columns,
            to: sums + place * sumsPerRow)
        }
      }
      store(sums, rows: rowRange, image: image, group: group, tensors)
    }
  }

  private func outputRow(_ row: Int, _ kernelRow: Int) -> Int {
    row * geometry.vertical.stride + kernelRow * geometry.vertical.dilation - geometry.vertical.cropBefore
  }

  /// The kernel rows by which an input row reaches a unit's output rows: neighbours, since each lands lower.
  private func kernelRows(ofInputRow row: Int, landingIn range: Range<Int>) -> Range<Int> {
    let dilation = geometry.vertical.dilation
    let start = outputRow(row, 0)
    func kernelRow(landingAtOrBelow output: Int) -> Int {
      min(layer.kernel.height, max(0, (output - start + dilation - 1) / dilation))
    }
    let first = start >= range.lowerBound ? 0 : kernelRow(landingAtOrBelow: range.lowerBound)
    let end = start >= range.upperBound ? 0 : kernelRow(landingAtOrBelow: range.upperBound)
    return first..<max(first, end)
  }

  private func startSums(_ sums: UnsafeMutablePointer<Float>, rows: Int, bias: UnsafePointer<Float>) {
    var to = sums
    for _ in 0..<rows * columns.phases.count {
      for output in 0..<layer.outputs {
        to.update(repeating: bias[output], count: longestPhase)
        to += longestPhase
      }
    }
  }

  /// The first pixel of a row, from the group's first channel.
  private func pixels(image: Int, row: Int, group: Int, _ tensors: RunTensors) -> UnsafePointer<Float> {
    let steps = geometry.input.steps(layout)
    return tensors.input + image * steps.image + row * steps.row + group * layer.inputs * steps.channel
  }

  /// Turns a row of pixels into panels: `[panel][input channel][pixel]`.
  private func packPixels(
    image: Int, row: Int, group: Int, _ tensors: RunTensors, to packed: UnsafeMutablePointer<Float>
  ) {
    let steps = geometry.input.steps(layout)
    let from = pixels(image: image, row: row, group: group, tensors)
    for index in 0..<panels.panelCount {
      let panel = panels[index]
      let to = packed + panel.offset
      let first = from + panel.firstColumn * steps.column
      switch layout {
      case .nhwc:
        tiles.transpose(
          first, inputStep: steps.column, rows: panel.columns, columns: layer.inputs, to: to, outputStep: panel.width)
      case .nchw:
        for channel in 0..<layer.inputs {
          (to + channel * panel.width).update(from: first + channel * steps.channel, count: panel.columns)
        }
      }
      if panel.columns < panel.width {
        for channel in 0..<layer.inputs {
          (to + channel * panel.width + panel.columns).update(repeating: 0, count: panel.width - panel.columns)
        }
      }
    }
  }

  private func multiply(
    _ kernelRows: Range<Int>, group: Int, _ tensors: RunTensors, panels packed: UnsafePointer<Float>,
    to products: UnsafeMutablePointer<Float>
  ) {
    let filters =
      tensors.packed + kernelRows.lowerBound * productsPerKernelRow * layer.inputChannels + group * layer.inputs
    for index in 0..<panels.panelCount {
      let panel = panels[index]
      filterOffsets.withUnsafeBufferPointer { inputs in
        productOffsets.withUnsafeBufferPointer { outputs in
          TileConstants.zeros.withUnsafeBufferPointer { zeros in
            TileConstants.noOffset.withUnsafeBufferPointer { segments in
              tiles.product(
                upconv_product(
                  input: filters, input_offsets: inputs.baseAddress, rows: kernelRows.count * productsPerKernelRow,
                  segment_offsets: segments.baseAddress, segments: 1, depth: layer.inputs,
                  panel: packed + panel.offset, panel_vectors: panel.vectors, columns: panel.columns,
                  output: products + panel.firstColumn, output_offsets: outputs.baseAddress,
                  bias: zeros.baseAddress, store: TileStore.linear.store, slope: 0,
                  next_panel: nil))
            }
          }
        }
      }
    }
  }

  private func addUp(_ products: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>) {
    for tap in horizontalTaps {
      for output in 0..<layer.outputs {
        tiles.add(
          products + (tap.kernelIndex * layer.outputs + output) * panels.columns + tap.firstInput,
          to: sums + (tap.phase * layer.outputs + output) * longestPhase + tap.outputs.lowerBound,
          count: tap.outputs.count)
      }
    }
  }

  private func store(
    _ sums: UnsafeMutablePointer<Float>, rows: Range<Int>, image: Int, group: Int, _ tensors: RunTensors
  ) {
    let steps = geometry.output.steps(layout)
    activation.apply(sums, count: rows.count * sumsPerRow)
    for (place, row) in rows.enumerated() {
      let to =
        tensors.output + image * steps.image + row * steps.row + group * layer.outputs * steps.channel
      for (index, phase) in columns.phases.enumerated() {
        for output in 0..<layer.outputs {
          let from = sums + place * sumsPerRow + (index * layer.outputs + output) * longestPhase
          var target = to + index * steps.column + output * steps.channel
          let step = columns.stride * steps.column
          for m in 0..<phase.count {
            target.pointee = from[m]
            target += step
          }
        }
      }
    }
  }
}
