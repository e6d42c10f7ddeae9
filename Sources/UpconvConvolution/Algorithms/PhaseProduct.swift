import CTiles
import UpconvKernels

/// A matrix product for every phase, or for several phases of a row together (`RowMerge`): rows are the phase's pixels in
/// a band of input, columns its output channels, and the sum runs over kernel rows, kernel columns and input channels.
/// Nothing but the zeros around the image and those of merged phases is multiplied in vain, and each output is stored
/// once, where it belongs.
struct PhaseProduct: Schedule {
  let algorithm: Algorithm
  let filters: PhaseFilters
  private let band: InputBand
  private let window: OutputWindow
  private let grid: UnitGrid
  /// Whether products read the image itself, and not a band that is copied from it.
  private let readsImage: Bool
  private let strideHeight: Int
  private let activation: Activation
  private let tiles: Tiles
  private let phases: [Phase]
  private let offsets: OffsetTable
  let multiplyAdds: Int
  /// For images with numbers that are not finite, where the packed filters have zeros that the layer has not.
  private let fallback: DirectFallback?
  /// Asked for without taking a reference to it.
  private let hasFallback: Bool

  /// One phase at this size. Offsets are relative to a unit's first pixel.
  private struct Phase: Sendable {
    let panels: PanelLayout
    /// Its first packed number in a group.
    let packedOffset: Int
    let segments: Int
    let segmentDepth: Int
    let rowCount: Int
    let columnCount: Int
    let firstChannel: Int
    /// Of each pixel of a unit, row after row: in the band, and in the output window.
    let inputOffsets: OffsetTable.Slice
    let outputOffsets: OffsetTable.Slice
    let segmentOffsets: OffsetTable.Slice
  }

  /// Bytes of packed filters that a product streams at a time: they stay in the second-level cache.
  private static let maxPanelBytes = 96 << 10
  /// Rows of products that a unit has: fewer where each is much work.
  private static func pixelsPerUnit(_ filters: PhaseFilters) -> ClosedRange<Int> {
    max(96, min(512, leastWork / max(1, filters.elementsPerGroup)))...512
  }
  /// Multiplications of a unit, from which on handing it out costs little beside it.
  private static let leastWork = 128 << 10

  init(
    geometry: OutputGeometry, rows: AxisPhases, columns: RowParts, layer: FilterSizes, layout: Layout,
    activation: Activation, tiles: Tiles, isShared: Bool, maxImages: Int = .max, algorithm: Algorithm = .phases,
    fallback: DirectFallback? = nil
  ) {
    let filters = PhaseFilters(layer, rows: rows, columns: columns, lanes: tiles.lanes)
    let band = InputBand(
      layout: layout, images: geometry.input, channels: layer.inputsPerGroup, rowWindow: rows.window,
      columnWindow: columns.window, columnCount: (columns.longest - 1) * columns.inputStep + 1)
    var outputs = geometry.output
    outputs.width /= columns.outputsPerPixel
    outputs.channels *= columns.outputsPerPixel
    let window = OutputWindow(
      layout: layout, images: outputs, channels: layer.outputsPerGroup * columns.outputsPerPixel)
    let grid = UnitGrid(
      batch: geometry.input.batch, indices: rows.longestPhase,
      panels: columns.haveWholePixels ? filters.phases.first?.panels.panelCount ?? 1 : 1,
      pixelsPerIndex: columns.longest, pixels: PhaseProduct.pixelsPerUnit(filters),
      bytesPerImage: 4 * band.elementCount(indices: rows.longestPhase),
      packedBytes: 4 * filters.groups * filters.elementsPerGroup, isShared: isShared, isCutFreely: true,
      maxImages: maxImages)
    // What has to be looked through for numbers that are not finite is looked through as it is copied.
    readsImage = fallback == nil && band.isImage(rows: rows.longestPhase)
    let imageStep = readsImage ? geometry.input.steps(layout).image : band.elementCount(indices: grid.indicesPerUnit)
    let outputImageStep =
      layout == .nhwc ? window.images.height * window.rowStep : window.bandElements(rows: window.images.height)
    var offsets: [Int] = []
    phases = filters.phases.map { phase in
      let rowCount = rows.phases[phase.vertical].count
      let part = columns.parts[phase.horizontal]
      var inputOffsets: [Int] = []
      var outputOffsets: [Int] = []
      for image in 0..<grid.imagesPerUnit {
        for row in 0..<min(grid.indicesPerUnit, rowCount) {
          for column in 0..<part.phase.count {
            inputOffsets.append(
              image * imageStep + row * band.rowStep + column * columns.inputStep * band.channels)
            outputOffsets.append(
              image * outputImageStep + (row * rows.stride + phase.vertical) * window.rowStep
                + (column * columns.outputStep + part.firstPixel) * window.pixelStep + part.firstChannel)
          }
        }
      }
      let segmentOffsets = phase.rowTaps.flatMap { row in
        phase.columnRuns.map { band.offset(row: row.inputOffset, column: $0[0].inputOffset) }
      }
      return Phase(
        panels: phase.panels, packedOffset: phase.offset, segments: phase.segments,
        segmentDepth: phase.tapsPerRun * filters.inputs, rowCount: rowCount, columnCount: part.phase.count,
        firstChannel: part.firstChannel, inputOffsets: OffsetTable.append(inputOffsets, to: &offsets),
        outputOffsets: OffsetTable.append(outputOffsets, to: &offsets),
        segmentOffsets: OffsetTable.append(segmentOffsets, to: &offsets))
    }
    self.offsets = OffsetTable(offsets)
    multiplyAdds = phases.reduce(0) {
      $0 + geometry.input.batch * $1.rowCount * $1.columnCount * $1.panels.elementCount * layer.groups
    }
    self.algorithm = algorithm
    self.fallback = fallback
    hasFallback = fallback != nil
    self.filters = filters
    self.band = band
    self.window = window
    self.grid = grid
    strideHeight = rows.stride
    self.activation = activation
    self.tiles = tiles
  }

  var packedElements: Int { filters.groups * filters.elementsPerGroup }
  var unitCount: Int { grid.count }
  var imagesPerUnit: Int { grid.imagesPerUnit }

  private var inputBandElements: Int {
    readsImage ? 0 : grid.imagesPerUnit * band.elementCount(indices: grid.indicesPerUnit)
  }

  private var outputRows: Int { min(grid.indicesPerUnit * strideHeight, window.images.height) }

  var tableElements: Int { 2 * offsets.count }

  var scratchElements: Int {
    inputBandElements + grid.imagesPerUnit * window.bandElements(rows: outputRows)
      + (fallback == nil ? 0 : grid.imagesPerUnit)
  }

  func compute(unit: Int, _ tensors: RunTensors, scratch: UnsafeMutablePointer<Float>) {
    let unit = grid[unit]
    let imageElements = band.images.height * band.images.width * band.images.channels
    let outputBand = scratch + inputBandElements
    // One number an image, where there is a fallback: 1 where it has to compute it, else 0.
    let needsDirect = outputBand + grid.imagesPerUnit * window.bandElements(rows: outputRows)
    let rows =
      unit.indices.lowerBound * strideHeight..<min(unit.indices.upperBound * strideHeight, window.images.height)
    for group in 0..<filters.groups {
      var input = UnsafePointer(scratch)
      if readsImage {
        input = tensors.input + unit.images.lowerBound * imageElements + unit.indices.lowerBound * band.rowStep
      } else {
        for (place, image) in unit.images.enumerated() {
          let isFinite = band.load(
            indices: unit.indices, group: group, from: tensors.input + image * imageElements,
            to: scratch + place * band.elementCount(indices: unit.indices.count),
            below: hasFallback ? .greatestFiniteMagnitude : .infinity, tiles)
          if hasFallback { needsDirect[place] = isFinite ? 0 : 1 }
        }
      }
      let output = window.start(
        row: rows.lowerBound, image: unit.images.lowerBound, group: group, output: tensors.output, band: outputBand)
      for index in phases.indices {
        multiply(phases[index], unit, group: group, tensors, input: input, output: output)
      }
      let panelWidth = grid.panels == 1 ? window.channels : 2 * tiles.lanes
      let columns = unit.panels.lowerBound * panelWidth
      let columnEnd = min(unit.panels.upperBound * panelWidth, window.channels)
      for (place, image) in unit.images.enumerated() {
        window.finish(
          rows: rows, columns: columns..<columnEnd, image: image, group: group, output: tensors.output,
          band: outputBand + place * window.bandElements(rows: window.images.height), tiles)
        if hasFallback, needsDirect[place] != 0, let fallback {
          fallback.compute(image: image, rows: rows, channels: 0..<fallback.rows.channels, group: group, tensors)
        }
      }
    }
  }

  private func multiply(
    _ phase: Phase, _ unit: UnitGrid.Unit, group: Int, _ tensors: RunTensors, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    let rowCount = min(unit.indices.upperBound, phase.rowCount) - unit.indices.lowerBound
    let pixels = unit.images.count * rowCount * phase.columnCount
    guard pixels > 0 else { return }
    let packed = tensors.packed + group * filters.elementsPerGroup + phase.packedOffset
    let bias = tensors.bias + group * window.channels + phase.firstChannel
    let depth = phase.segmentDepth
    let activation = upconv_activation(
      activation, slopes: tensors.slopes + group * window.channels + phase.firstChannel)
    // Parts of a pixel may have unlike numbers of panels, which are then all this unit's.
    let panels = grid.panels == 1 ? 0..<phase.panels.panelCount : unit.panels
    let perBlock = max(1, PhaseProduct.maxPanelBytes / max(1, 8 * tiles.lanes * depth))
    var first = 0
    repeat {
      let block = first..<min(first + perBlock, phase.segments)
      let isLast = block.upperBound == phase.segments
      for index in panels {
        let panel = phase.panels[index]
        let start = packed + panel.offset + block.lowerBound * depth * panel.width
        tiles.product(
          upconv_product(
            input: input, input_offsets: offsets[phase.inputOffsets], rows: pixels,
            segment_offsets: offsets[phase.segmentOffsets] + block.lowerBound, segments: block.count, depth: depth,
            panel: start, panel_vectors: panel.vectors, columns: panel.columns, output: output + panel.firstColumn,
            output_offsets: offsets[phase.outputOffsets], bias: first == 0 ? bias + panel.firstColumn : nil,
            activation: isLast ? activation.from(panel.firstColumn) : .linear,
            next_panel: start + panel.width * phase.panels.depth))
      }
      first = block.upperBound
    } while first < phase.segments
  }
}
