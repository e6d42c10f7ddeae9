import CTiles
import UpconvKernels
import UpconvTensor

/// For few output channels: filters (kernel row, horizontal phase, output channel) times lines of input pixels, so that
/// vectors run along the image and no lane is idle for want of output channels. Each product is added at once to the
/// sums of the output row where its kernel row lands; nothing is multiplied in vain but what fills a row's last vector.
///
/// Source: the matrix product of most libraries with rows and columns exchanged; sums stay apart by phase, so that the
/// taps of an output are the same pixels shifted, and no products have to be put together afterwards.
struct PixelProduct: Schedule {
  let algorithm = Algorithm.pixels
  let filters: PixelFilters
  let multiplyAdds: Int
  private let rows: AxisPhases
  private let columns: AxisPhases
  private let geometry: OutputGeometry
  private let layout: Layout
  private let activation: Activation
  private let tiles: Tiles
  /// Rows of the output that one unit computes.
  private let rowsPerUnit: Int
  private let lines: PixelLines
  private let products: [Product]
  /// Output indices of a row, rounded up to whole vectors, and sums of an output row:
  /// `[phase][output channel][output index]`.
  private let width: Int
  private let sumsPerRow: Int

  /// Places for all products: of each row of filters its sums, relative to the output row of the first; of each input
  /// offset its pixels.
  private let places: [Int]

  /// One tap group's. No reference in it: counting them would cost more than a block's product has time for.
  private struct Product: Sendable {
    let filterOffset: Int
    let rowsPerKernelRow: Int
    let rows: Int
    let segments: Int
    /// Where its sums and its pixels stand in the table of places.
    let firstSum: Int
    let firstPixel: Int
    /// Numbers of the next block to bring near meanwhile.
    let prefetched: Int
  }

  init(
    geometry: OutputGeometry, rows: AxisPhases, columns: AxisPhases, layer: LayerFilters, layout: Layout,
    activation: Activation, tiles: Tiles, isShared: Bool
  ) {
    let filters = PixelFilters(layer, columns: columns)
    let width = (columns.longestPhase + tiles.lanes - 1) / tiles.lanes * tiles.lanes
    let sumsPerRow = columns.phases.count * layer.outputsPerGroup * width
    let lines = PixelLines(
      channels: layer.inputsPerGroup, window: filters.window ?? 0...0, columnCount: width, lanes: tiles.lanes)
    var products: [Product] = []
    var places: [Int] = []
    // A block of pixels is one piece of memory where a pixel's channels are all of one group.
    let prefetched = layout == .nhwc && layer.groups == 1 ? lines.columns * layer.inputsPerGroup : 0
    let rowsOfAll = filters.tapGroups.reduce(0) { $0 + $1.offsets.count * $1.rows }
    for tapGroup in filters.tapGroups {
      products.append(
        Product(
          filterOffset: tapGroup.offset, rowsPerKernelRow: tapGroup.rowsPerKernelRow, rows: tapGroup.rows,
          segments: tapGroup.offsets.count, firstSum: places.count, firstPixel: places.count + tapGroup.rows,
          prefetched: prefetched * tapGroup.offsets.count * tapGroup.rows / rowsOfAll))
      for kernelRow in 0..<layer.kernel.height {
        for phase in tapGroup.phases {
          for output in 0..<layer.outputsPerGroup {
            places.append(
              kernelRow * geometry.vertical.dilation * sumsPerRow + (phase * layer.outputsPerGroup + output) * width)
          }
        }
      }
      places += tapGroup.offsets.map(lines.place(ofOffset:))
    }
    self.products = products
    self.places = places
    let wantedPerImage = max(1, 4 * (isShared ? UnitGrid.processors : 1) / max(1, geometry.input.batch))
    // At least two kernels high, so that few input rows are packed twice.
    rowsPerUnit = max(
      min(geometry.output.height, 2 * layer.kernel.height),
      (geometry.output.height + wantedPerImage - 1) / wantedPerImage)
    multiplyAdds =
      geometry.input.batch * rows.usefulTaps * width * layer.groups * filters.elementsPerGroup
      / layer.kernel.height
    self.filters = filters
    self.width = width
    self.sumsPerRow = sumsPerRow
    self.lines = lines
    self.rows = rows
    self.columns = columns
    self.geometry = geometry
    self.layout = layout
    self.activation = activation
    self.tiles = tiles
  }

  private var unitsPerImage: Int { (geometry.output.height + rowsPerUnit - 1) / rowsPerUnit }
  var packedElements: Int { filters.groups * filters.elementsPerGroup }
  var imagesPerUnit: Int { 1 }
  var unitCount: Int { geometry.output.batch * unitsPerImage }
  var tableElements: Int { 2 * places.count }
  var scratchElements: Int { lines.elementCount + rowsPerUnit * sumsPerRow }

  func compute(unit: Int, _ tensors: RunTensors, scratch: UnsafeMutablePointer<Float>) {
    let (image, part) = unit.quotientAndRemainder(dividingBy: unitsPerImage)
    let rowRange = part * rowsPerUnit..<min(geometry.output.height, (part + 1) * rowsPerUnit)
    let sums = scratch
    let block = scratch + rowsPerUnit * sumsPerRow
    for group in 0..<filters.groups {
      startSums(sums, rows: rowRange.count, bias: tensors.bias + group * filters.outputs)
      for row in 0..<geometry.input.height {
        let kernelRows = kernelRows(ofInputRow: row, landingIn: rowRange)
        guard !kernelRows.isEmpty else { continue }
        let place = outputRow(row, kernelRows.lowerBound) - rowRange.lowerBound
        addProducts(
          kernelRows, of: pixels(image: image, row: row, group: group, tensors),
          filters: tensors.packed + group * filters.elementsPerGroup, block: block, to: sums + place * sumsPerRow)
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
      min(filters.kernelHeight, max(0, (output - start + dilation - 1) / dilation))
    }
    let first = start >= range.lowerBound ? 0 : kernelRow(landingAtOrBelow: range.lowerBound)
    let end = start >= range.upperBound ? 0 : kernelRow(landingAtOrBelow: range.upperBound)
    return first..<max(first, end)
  }

  private func startSums(_ sums: UnsafeMutablePointer<Float>, rows: Int, bias: UnsafePointer<Float>) {
    var to = sums
    for _ in 0..<rows * columns.phases.count {
      for output in 0..<filters.outputs {
        to.update(repeating: bias[output], count: width)
        to += width
      }
    }
  }

  private func pixels(image: Int, row: Int, group: Int, _ tensors: RunTensors) -> PixelLines.Row {
    let steps = geometry.input.steps(layout)
    return PixelLines.Row(
      start: tensors.input + image * steps.image + row * steps.row + group * filters.inputs * steps.channel,
      pixels: geometry.input.width, pixelStep: steps.column, channelStep: steps.channel)
  }

  /// Adds an input row's products with some kernel rows to the sums of the output rows where they land.
  private func addProducts(
    _ kernelRows: Range<Int>, of row: PixelLines.Row, filters: UnsafePointer<Float>,
    block: UnsafeMutablePointer<Float>, to sums: UnsafeMutablePointer<Float>
  ) {
    var column = products.isEmpty ? width : 0
    while column < width {
      lines.move(to: column, of: row, in: block, tiles)
      var next = lines.next(after: column, of: row)
      places.withUnsafeBufferPointer { places in
        for product in products {
          tiles.lineProduct(
            upconv_line_product(
              filters: filters + product.filterOffset + kernelRows.lowerBound * product.rowsPerKernelRow,
              filter_step: product.rows, rows: kernelRows.count * product.rowsPerKernelRow,
              pixels: block, pixel_step: lines.step, segment_offsets: places.baseAddress! + product.firstPixel,
              segments: product.segments, depth: lines.channels, columns: min(lines.columns, width - column),
              sums: sums + column, sum_offsets: places.baseAddress! + product.firstSum, next: next,
              next_count: product.prefetched))
          next += product.prefetched
        }
      }
      column += lines.columns
    }
  }

  /// Puts the phases of each output row together.
  private func store(
    _ sums: UnsafeMutablePointer<Float>, rows: Range<Int>, image: Int, group: Int, _ tensors: RunTensors
  ) {
    let steps = geometry.output.steps(layout)
    var from = sums
    var to =
      tensors.output + image * steps.image + rows.lowerBound * steps.row + group * filters.outputs * steps.channel
    for _ in rows {
      activate(from, slopes: tensors.slopes + group * filters.outputs)
      switch layout {
      case .nhwc where filters.groups == 1: interleave(from, channels: filters.outputs, step: width, to: to)
      case .nhwc: spread(from, to: to)
      case .nchw:
        for output in 0..<filters.outputs {
          interleave(
            from + output * width, channels: 1, step: filters.outputs * width, to: to + output * steps.channel)
        }
      }
      from += sumsPerRow
      to += steps.row
    }
  }

  /// Applies the activation to the sums of an output row.
  private func activate(_ sums: UnsafeMutablePointer<Float>, slopes: UnsafePointer<Float>) {
    switch activation {
    case .linear: break
    case .parametricReLU:
      for line in 0..<columns.phases.count * filters.outputs {
        let leaky = Activation.leakyReLU(alpha: slopes[line % filters.outputs])
        tiles.activate(
          upconv_activation(leaky, slopes: slopes), sums + line * width, rows: 1, rowStep: width, columns: width)
      }
    default:
      tiles.activate(
        upconv_activation(activation, slopes: slopes), sums, rows: 1, rowStep: sumsPerRow, columns: sumsPerRow)
    }
  }

  /// A row of outputs that are neighbours in memory: `[output index][phase][channel]` from
  /// `[phase][channel][output index]`.
  /// - Parameter step: numbers between a phase's channels, or between phases where there is one.
  private func interleave(
    _ sums: UnsafePointer<Float>, channels: Int, step: Int, to output: UnsafeMutablePointer<Float>
  ) {
    let (whole, rest) = geometry.output.width.quotientAndRemainder(dividingBy: columns.stride)
    let each = columns.stride * channels
    if whole > 0 { tiles.transpose(sums, inputStep: step, rows: each, columns: whole, to: output, outputStep: each) }
    for index in 0..<rest * channels { output[whole * each + index] = sums[index * step + whole] }
  }

  /// A row of one group's outputs, with those of other groups between them.
  private func spread(_ sums: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>) {
    let step = geometry.output.channels
    for (index, phase) in columns.phases.enumerated() {
      tiles.transpose(
        sums + index * filters.outputs * width, inputStep: width, rows: filters.outputs, columns: phase.count,
        to: output + index * step, outputStep: columns.stride * step)
    }
  }
}
