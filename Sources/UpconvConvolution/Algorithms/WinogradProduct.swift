import CTiles
import UpconvKernels
import UpconvTensor

/// Winograd's algorithm on every phase: tiles of input are transformed to points, a matrix product a point replaces
/// one a tap, and the products are transformed back into tiles of output.
///
/// A transformed tile mixes its pixels, so a number that is not finite would spread over it. Where one turns up, or
/// one so large that a sum could overflow, the image's rows of that unit are computed directly instead.
///
/// Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016); on the phases of a transposed
/// convolution: Chang et al. (2019), Di et al. (2020).
struct WinogradProduct: Schedule {
  let algorithm = Algorithm.winograd
  let filters: WinogradFilters
  let multiplyAdds: Int
  private let band: InputBand
  private let window: OutputWindow
  private let grid: UnitGrid
  private let stride: Spatial
  private let activation: Activation
  private let tiles: Tiles
  private let fallback: DirectFallback
  private let panelsPerBlock: Int
  /// The most that a phase in a unit takes of transformed inputs, and of products.
  private let pointElements: Int
  private let productElements: Int

  /// Larger inputs are left to the direct way. Transforms multiply inputs by less than 2^5, weights by less than 2 and
  /// products by less than 2^7, so that with weights up to the same bound sums of 2^20 products do not overflow.
  static let maxMagnitude: Float = 0x1p46
  /// Pixels of a unit: many make long products, few take little scratch.
  static let pixelsPerUnit = 256...768
  static let pixelsPerSmallUnit = 96...288
  /// Numbers of products that are held at a time.
  private static let maxProductElements = 96 << 10

  /// Nil if a phase cannot be tiled.
  init?(
    geometry: OutputGeometry, rows: AxisPhases, columns: AxisPhases, layer: LayerFilters, layout: Layout,
    activation: Activation, tiles: Tiles, isShared: Bool, fallback: DirectFallback, limits: WinogradPointLimits,
    pixelsPerUnit: ClosedRange<Int> = WinogradProduct.pixelsPerUnit, maxImages: Int = .max
  ) {
    guard layer.largestWeight < WinogradProduct.maxMagnitude else { return nil }
    let pixelsPerIndex = columns.longestPhase
    var grid = UnitGrid(
      batch: geometry.input.batch, indices: rows.longestPhase,
      panels: PanelLayout(depth: 0, columns: layer.outputsPerGroup, lanes: tiles.lanes).panelCount,
      pixelsPerIndex: pixelsPerIndex, pixels: pixelsPerUnit,
      bytesPerImage: 16 * layer.inputsPerGroup * rows.longestPhase * pixelsPerIndex,
      packedBytes: 16 * layer.weights.shape.elementCount, isShared: isShared,
      maxImages: maxImages)
    if limits == .four {
      // A multiple of three less one: tiles of three that begin one early still fill it.
      grid.roundIndices(toMultipleOf: 6, less: 1)
    } else {
      grid.roundIndices(toMultipleOf: 4, less: 0)
    }
    guard
      let y = WinogradAxis.tilings(rows, tiledCount: grid.indicesPerUnit, limits: limits),
      let x = WinogradAxis.tilings(columns, tiledCount: columns.longestPhase, limits: limits),
      (y + x).contains(where: { $0.taps > 1 })
    else { return nil }
    filters = WinogradFilters(layer, rows: rows, columns: columns, y: y, x: x, lanes: tiles.lanes)
    band = InputBand(
      layout: layout, images: geometry.input, channels: layer.inputsPerGroup,
      rowWindow: WinogradProduct.window(y), columnWindow: WinogradProduct.window(x),
      columnCount: columns.longestPhase)
    window = OutputWindow(layout: layout, images: geometry.output, channels: layer.outputsPerGroup)
    stride = Spatial(height: rows.stride, width: columns.stride)
    self.grid = grid
    self.activation = activation
    self.tiles = tiles
    self.fallback = fallback
    let unitTiles = filters.phases.map { [grid] phase in
      grid.imagesPerUnit * phase.y.tiles(min(grid.indicesPerUnit, phase.y.count)) * phase.x.tiles(phase.x.count)
    }
    // A phase of many points has few tiles, and the other way round.
    let tilePoints = zip(filters.phases, unitTiles).map { $0.points * $1 }.max() ?? 0
    let panelWidth = 2 * tiles.lanes
    let panelsPerBlock = max(1, WinogradProduct.maxProductElements / max(1, tilePoints * panelWidth))
    let elements = { [filters] (perTile: Int) -> Int in
      zip(filters.phases, unitTiles).map { $0.points * WinogradProduct.pointStep($1 * perTile) }.max() ?? 0
    }
    pointElements = elements(band.channels)
    productElements = elements(panelsPerBlock * panelWidth)
    self.panelsPerBlock = panelsPerBlock
    let whole = grid
    multiplyAdds = filters.phases.reduce(0) { [filters] sum, phase in
      var tilesOfImage = 0
      for first in Swift.stride(from: 0, to: phase.y.count, by: whole.indicesPerUnit) {
        tilesOfImage += phase.y.tiles(min(whole.indicesPerUnit, phase.y.count - first))
      }
      return sum + geometry.input.batch * tilesOfImage * phase.x.tiles(phase.x.count) * phase.points
        * filters.panels.elementCount * layer.groups
    }
  }

  /// The inputs that tiles read, relative to an output's index.
  private static func window(_ axis: [WinogradAxis]) -> ClosedRange<Int> {
    axis.map(\.firstTileInput).min()!...axis.map { $0.firstInput + $0.points - 1 }.max()!
  }

  var packedElements: Int { filters.groups * filters.elementsPerGroup }
  var unitCount: Int { grid.count }
  var imagesPerUnit: Int { grid.imagesPerUnit }

  private var bandElements: Int { grid.imagesPerUnit * band.elementCount(indices: grid.indicesPerUnit) }
  private var outputRows: Int { min(grid.indicesPerUnit * stride.height, window.images.height) }

  var tableElements: Int { 0 }

  var scratchElements: Int {
    bandElements + pointElements + productElements + grid.imagesPerUnit * window.bandElements(rows: outputRows)
      + grid.imagesPerUnit
  }

  func compute(unit: Int, _ tensors: RunTensors, scratch: UnsafeMutablePointer<Float>) {
    let unit = grid[unit]
    let imageElements = band.images.height * band.images.width * band.images.channels
    let points = scratch + bandElements
    let products = points + pointElements
    let outputBand = products + productElements
    // One number an image: 1 where the direct way has to compute it, else 0.
    let needsDirect = outputBand + grid.imagesPerUnit * window.bandElements(rows: outputRows)
    let rows =
      unit.indices.lowerBound * stride.height..<min(unit.indices.upperBound * stride.height, window.images.height)
    let columns =
      unit.panels.lowerBound * 2
      * tiles.lanes..<min(
        unit.panels.upperBound * 2 * tiles.lanes, window.channels)
    for group in 0..<filters.groups {
      for (place, image) in unit.images.enumerated() {
        let isSmall = band.load(
          indices: unit.indices, group: group, from: tensors.input + image * imageElements,
          to: scratch + place * band.elementCount(indices: unit.indices.count), below: WinogradProduct.maxMagnitude,
          tiles)
        needsDirect[place] = isSmall ? 0 : 1
      }
      let output = window.start(
        row: rows.lowerBound, image: unit.images.lowerBound, group: group, output: tensors.output, band: outputBand)
      var transformed: TransformedInput?
      for phase in filters.phases {
        let tile = PhaseTiles(phase, indices: unit.indices)
        guard tile.count > 0 else { continue }
        let wanted = TransformedInput(phase, tile)
        if transformed != wanted {
          transformInput(phase, tile, unit, band: scratch, to: points)
          transformed = wanted
        }
        for first in Swift.stride(from: unit.panels.lowerBound, to: unit.panels.upperBound, by: panelsPerBlock) {
          let block = first..<min(first + panelsPerBlock, unit.panels.upperBound)
          multiply(
            phase, rows: tile.count * unit.images.count, block,
            packed: tensors.packed + group * filters.elementsPerGroup + phase.offset, points: points, to: products)
          transformOutput(
            phase, tile, unit, block, products: products,
            bias: tensors.bias + group * window.channels, slopes: tensors.slopes + group * window.channels, to: output)
        }
      }
      for (place, image) in unit.images.enumerated() {
        window.finish(
          rows: rows, columns: columns, image: image, group: group, output: tensors.output,
          band: outputBand + place * window.bandElements(rows: window.images.height), tiles)
        if needsDirect[place] != 0 {
          fallback.compute(image: image, rows: rows, channels: columns, group: group, tensors)
        }
      }
    }
  }

  /// From one point's numbers to the next's. A transform reads or writes all points of a tile in turn: were they whole
  /// pages apart, they would all fall into the same few lines of the first-level cache.
  private static func pointStep(_ elements: Int) -> Int { (elements + 1023) / 1024 * 1024 + 48 }

  /// The tiles of one phase in a unit's rows of one image.
  private struct PhaseTiles {
    /// Outputs of the phase in each column of the unit.
    let outputRows: Int
    let rows: Int
    let columns: Int
    var count: Int { rows * columns }

    init(_ phase: WinogradFilters.Phase, indices: Range<Int>) {
      outputRows = max(0, min(indices.upperBound, phase.y.count) - indices.lowerBound)
      rows = outputRows == 0 ? 0 : phase.y.tiles(outputRows)
      columns = phase.x.count == 0 ? 0 : phase.x.tiles(phase.x.count)
    }
  }

  /// What the transformed input of a phase depends on: phases that agree in it share it.
  private struct TransformedInput: Equatable {
    let firstY, firstX: Int
    let pointsY, pointsX: Int
    let outputsY, outputsX: Int
    let rows, columns: Int

    init(_ phase: WinogradFilters.Phase, _ tile: PhaseTiles) {
      (firstY, firstX) = (phase.y.firstTileInput, phase.x.firstTileInput)
      (pointsY, pointsX) = (phase.y.points, phase.x.points)
      (outputsY, outputsX) = (phase.y.outputs, phase.x.outputs)
      (rows, columns) = (tile.rows, tile.columns)
    }
  }

  private func transformInput(
    _ phase: WinogradFilters.Phase, _ tile: PhaseTiles, _ unit: UnitGrid.Unit, band memory: UnsafePointer<Float>,
    to points: UnsafeMutablePointer<Float>
  ) {
    var to = points
    let pointStep = WinogradProduct.pointStep(tile.count * unit.images.count * band.channels)
    for image in 0..<unit.images.count {
      let from = memory + image * band.elementCount(indices: unit.indices.count)
      for row in 0..<tile.rows {
        tiles.inputTransform(
          upconv_input_transform(
            input: from
              + band.offset(row: phase.y.firstTileInput + row * phase.y.outputs, column: phase.x.firstTileInput),
            row_step: band.rowStep, column_step: band.channels, tile_step: phase.x.outputs * band.channels,
            points_y: phase.y.points, points_x: phase.x.points, tiles: tile.columns, channels: band.channels,
            output: to, point_step: pointStep))
        to += tile.columns * band.channels
      }
    }
  }

  /// Products that are summed by themselves: transforms let the rounding errors of sums grow, so sums are kept short,
  /// those of few channels shorter, since they have fewer errors that cancel out.
  private var productsPerRun: Int { band.channels < 128 ? 16 : 32 }

  private func multiply(
    _ phase: WinogradFilters.Phase, rows: Int, _ block: Range<Int>, packed: UnsafePointer<Float>,
    points: UnsafePointer<Float>, to products: UnsafeMutablePointer<Float>
  ) {
    let blockWidth = panelsPerBlock * 2 * tiles.lanes
    let inputStep = WinogradProduct.pointStep(rows * band.channels)
    let productStep = WinogradProduct.pointStep(rows * blockWidth)
    for point in 0..<phase.points {
      for index in block {
        let panel = filters.panels[index]
        let matrix = packed + point * filters.panels.elementCount + panel.offset
        tiles.matrixProduct(
          upconv_matrix_product(
            input: points + point * inputStep, input_step: band.channels, rows: rows, depth: band.channels,
            run: productsPerRun, panel: matrix, panel_vectors: panel.vectors,
            output: products + point * productStep + (index - block.lowerBound) * 2 * tiles.lanes,
            output_step: blockWidth, next_panel: matrix + panel.width * band.channels))
      }
    }
  }

  private func transformOutput(
    _ phase: WinogradFilters.Phase, _ tile: PhaseTiles, _ unit: UnitGrid.Unit, _ block: Range<Int>,
    products: UnsafePointer<Float>, bias: UnsafePointer<Float>, slopes: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>
  ) {
    let blockWidth = panelsPerBlock * 2 * tiles.lanes
    let firstChannel = block.lowerBound * 2 * tiles.lanes
    let activation = upconv_activation(activation, slopes: slopes + firstChannel)
    let channels = min(block.upperBound * 2 * tiles.lanes, window.channels) - firstChannel
    let pointStep = WinogradProduct.pointStep(tile.count * unit.images.count * blockWidth)
    let imageStep =
      window.layout == .nhwc
      ? window.images.height * window.rowStep : window.bandElements(rows: window.images.height)
    var from = products
    for image in 0..<unit.images.count {
      for row in 0..<tile.rows {
        let y = phase.y.start + row * phase.y.outputs
        let x = phase.x.start
        tiles.outputTransform(
          upconv_output_transform(
            input: from, point_step: pointStep, tile_step: blockWidth, points_y: phase.y.points,
            points_x: phase.x.points, outputs_y: phase.y.outputs, outputs_x: phase.x.outputs, tiles: tile.columns,
            first_y: max(0, -y), end_y: min(phase.y.outputs, tile.outputRows - y), first_x: -x,
            end_x: phase.x.count - x, channels: channels, bias: bias + firstChannel,
            output: output + image * imageStep + (y * stride.height + phase.vertical) * window.rowStep
              + (x * stride.width + phase.horizontal) * window.pixelStep + firstChannel,
            row_step: stride.height * window.rowStep, column_step: stride.width * window.pixelStep,
            activation: activation))
        from += tile.columns * blockWidth
      }
    }
  }
}
