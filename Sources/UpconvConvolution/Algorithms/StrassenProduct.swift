import CTiles
import UpconvKernels
import UpconvTensor

/// One level of Strassen's algorithm in Winograd's form, for layers whose outputs meet one tap each, as where kernel and
/// stride are equal: two neighbouring pixels times the weights of two kernel rows take seven products of half the input
/// channels instead of eight.
///
/// What is paired: pixels 2i and 2i + 1 of a row, kernel rows 2j and 2j + 1, and input channels c and c + C/2. The left
/// factors are made once for a band of input, the right ones when the filters are packed, and each of the four outputs
/// is stored once.
///
/// A factor mixes numbers of two pixels and of two channels, so a number that is not finite would spread over them. Where
/// one turns up, or one so large that a sum could overflow, the image's rows of that unit are computed directly instead.
///
/// Sources: Strassen, Gaussian Elimination is not Optimal (1969); the form with fifteen sums: Winograd, see Knuth, The Art
/// of Computer Programming 2, 4.6.4.
struct StrassenProduct: Schedule {
  let algorithm = Algorithm.strassen
  let filters: StrassenFilters
  let multiplyAdds: Int
  private let band: InputBand
  private let window: OutputWindow
  private let grid: UnitGrid
  private let stride: Spatial
  private let activation: Activation
  private let tiles: Tiles
  private let fallback: DirectFallback
  private let pairsPerRow: Int
  /// Of each pair's pixels in a unit, relative to the unit's first output.
  private let places: OffsetTable
  private let outputPlaces: OffsetTable.Slice

  /// Larger inputs and weights are left to the direct way. Factors are sums of up to four numbers, outputs sums of up to
  /// four products, so that sums of 2^20 products stay below 2^122.
  static let maxMagnitude: Float = 0x1p46
  /// Bytes of a unit's left factors: they stay in the second-level cache, beside a panel's right ones.
  private static let maxFactorBytes = 448 << 10
  private static let leastPixels = 64
  private static let mostPixels = 512

  /// Whether every output meets one tap, that of the input pixel that it lies over, and all can be paired.
  static func canCompute(rows: AxisPhases, columns: AxisPhases, filters: LayerFilters) -> Bool {
    func isOneTap(_ axis: AxisPhases) -> Bool {
      axis.phases.count == axis.stride
        && axis.phases.enumerated().allSatisfy { index, phase in
          phase.count == axis.input && phase.taps == [AxisPhases.Tap(kernelIndex: index, inputOffset: 0)]
        }
    }
    return rows.stride == filters.kernel.height && columns.stride == filters.kernel.width && rows.stride % 2 == 0
      && filters.inputsPerGroup % 2 == 0 && filters.largestWeight < maxMagnitude && isOneTap(rows) && isOneTap(columns)
  }

  /// - Parameters: of a layer that `canCompute` takes.
  init(
    geometry: OutputGeometry, rows: AxisPhases, columns: AxisPhases, layer: LayerFilters, layout: Layout,
    activation: Activation, tiles: Tiles, isShared: Bool, fallback: DirectFallback, maxImages: Int = .max
  ) {
    let filters = StrassenFilters(layer, lanes: tiles.lanes)
    let band = InputBand(
      layout: layout, images: geometry.input, channels: layer.inputsPerGroup, rowWindow: 0...0, columnWindow: 0...0,
      columnCount: geometry.input.width)
    let window = OutputWindow(layout: layout, images: geometry.output, channels: layer.outputsPerGroup)
    let width = geometry.input.width
    pairsPerRow = (width + 1) / 2
    let factorsOfPair = StrassenProduct.factorsOfPair(channels: layer.inputsPerGroup)
    let pixels = StrassenProduct.maxFactorBytes / (2 * factorsOfPair)
    let mostPixels = min(max(pixels, StrassenProduct.leastPixels), StrassenProduct.mostPixels)
    let grid = UnitGrid(
      batch: geometry.input.batch, indices: geometry.input.height, panels: filters.panels.panelCount,
      pixelsPerIndex: width, pixels: StrassenProduct.leastPixels...mostPixels,
      bytesPerImage: 4 * geometry.input.height * pairsPerRow * factorsOfPair,
      packedBytes: 4 * filters.groups * filters.elementsPerGroup, isShared: isShared, isCutFreely: true,
      maxImages: maxImages)
    let imageStep =
      layout == .nhwc ? window.images.height * window.rowStep : window.bandElements(rows: window.images.height)
    var offsets: [Int] = []
    for image in 0..<grid.imagesPerUnit {
      for row in 0..<grid.indicesPerUnit {
        for column in 0..<2 * pairsPerRow {
          offsets.append(
            column < width
              ? image * imageStep + row * rows.stride * window.rowStep + column * columns.stride * window.pixelStep
              : StrassenProduct.noPixel)
        }
      }
    }
    var places: [Int] = []
    outputPlaces = OffsetTable.append(offsets, to: &places)
    self.places = OffsetTable(places)
    multiplyAdds =
      geometry.input.batch * geometry.input.height * pairsPerRow * filters.groups * filters.elementsPerGroup
    self.filters = filters
    self.band = band
    self.window = window
    self.grid = grid
    stride = Spatial(height: rows.stride, width: columns.stride)
    self.activation = activation
    self.tiles = tiles
    self.fallback = fallback
  }

  /// `UPCONV_NO_PIXEL`, which Swift cannot import.
  private static let noPixel = Int.min

  /// Numbers of a pair's left factors, and some more, so that the pairs of a tile fall into different lines of the
  /// first-level cache.
  private static func factorsOfPair(channels: Int) -> Int { StrassenFilters.factors * channels / 2 + 16 }

  private var factorsOfPair: Int { StrassenProduct.factorsOfPair(channels: band.channels) }

  var packedElements: Int { filters.groups * filters.elementsPerGroup }
  var unitCount: Int { grid.count }
  var imagesPerUnit: Int { grid.imagesPerUnit }
  var tableElements: Int { 2 * places.count }

  /// Planes are turned over into a band of pixels first.
  private var bandElements: Int {
    band.layout == .nhwc ? 0 : grid.imagesPerUnit * band.elementCount(indices: grid.indicesPerUnit)
  }
  private var factorElements: Int { grid.imagesPerUnit * grid.indicesPerUnit * pairsPerRow * factorsOfPair }
  private var outputRows: Int { grid.indicesPerUnit * stride.height }
  private var unusedElements: Int { 2 * tiles.lanes }

  var scratchElements: Int {
    factorElements + bandElements + unusedElements + grid.imagesPerUnit * window.bandElements(rows: outputRows)
      + grid.imagesPerUnit
  }

  func compute(unit: Int, _ tensors: RunTensors, scratch: UnsafeMutablePointer<Float>) {
    let unit = grid[unit]
    let inputBand = scratch + factorElements
    let unused = inputBand + bandElements
    let outputBand = unused + unusedElements
    // One number an image: 1 where the direct way has to compute it, else 0.
    let needsDirect = outputBand + grid.imagesPerUnit * window.bandElements(rows: outputRows)
    let rows = unit.indices.lowerBound * stride.height..<unit.indices.upperBound * stride.height
    let panelWidth = 2 * tiles.lanes
    let columns = unit.panels.lowerBound * panelWidth..<min(unit.panels.upperBound * panelWidth, window.channels)
    for group in 0..<filters.groups {
      var factors = scratch
      for (place, image) in unit.images.enumerated() {
        let isSmall = makeFactors(image: image, unit.indices, group: group, tensors, band: inputBand, to: &factors)
        needsDirect[place] = isSmall ? 0 : 1
      }
      let output = window.start(
        row: rows.lowerBound, image: unit.images.lowerBound, group: group, output: tensors.output, band: outputBand)
      multiply(unit, group: group, tensors, factors: scratch, unused: unused, to: output)
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

  /// The left factors of an image's rows.
  /// - Returns: whether every magnitude is below `maxMagnitude`.
  private func makeFactors(
    image: Int, _ indices: Range<Int>, group: Int, _ tensors: RunTensors, band memory: UnsafeMutablePointer<Float>,
    to factors: inout UnsafeMutablePointer<Float>
  ) -> Bool {
    let steps = band.images.steps(band.layout)
    let start = tensors.input + image * steps.image
    var from = start + indices.lowerBound * steps.row + group * band.channels
    var (rowStep, pixelStep) = (steps.row, steps.column)
    if band.layout == .nchw {
      band.load(indices: indices, group: group, from: start, to: memory, tiles)
      (from, rowStep, pixelStep) = (UnsafePointer(memory), band.rowStep, band.channels)
    }
    // Written so that a NaN is not below.
    var isBelow = true
    for _ in indices {
      let largest = tiles.pairSums(
        upconv_pair_sums(
          input: from, pixel_step: pixelStep, pixels: band.images.width, channels: band.channels, output: factors,
          pair_step: factorsOfPair))
      isBelow = largest < StrassenProduct.maxMagnitude && isBelow
      from += rowStep
      factors += pairsPerRow * factorsOfPair
    }
    return isBelow
  }

  /// Products that are summed by themselves, as in Winograd's algorithm: factors are larger than what they are made of,
  /// and so are the rounding errors of their sums.
  private var productsPerRun: Int { band.channels < 128 ? 16 : 32 }

  private func multiply(
    _ unit: UnitGrid.Unit, group: Int, _ tensors: RunTensors, factors: UnsafePointer<Float>,
    unused: UnsafeMutablePointer<Float>, to output: UnsafeMutablePointer<Float>
  ) {
    let activation = upconv_activation(activation, slopes: tensors.slopes + group * window.channels)
    let bias = tensors.bias + group * window.channels
    let pairs = unit.images.count * unit.indices.count * pairsPerRow
    for rowPair in 0..<filters.rowPairs {
      for column in 0..<filters.kernelColumns {
        for index in unit.panels {
          let panel = filters.panels[index]
          for block in filters.blocks {
            let right =
              tensors.packed
              + filters.offset(group: group, rowPair: rowPair, column: column, panel, block)
            let isLast = block.upperBound == filters.panels.depth
            tiles.strassenProduct(
              upconv_strassen_product(
                input: factors + block.lowerBound, pair_step: factorsOfPair, sum_step: filters.panels.depth,
                rows: pairs, depth: block.count, run: productsPerRun, panel: right, panel_vectors: panel.vectors,
                columns: panel.columns,
                output: output + 2 * rowPair * window.rowStep + column * window.pixelStep + panel.firstColumn,
                output_offsets: places[outputPlaces], second_panel: window.rowStep, unused: unused,
                bias: block.lowerBound == 0 ? bias + panel.firstColumn : nil,
                activation: isLast ? activation.from(panel.firstColumn) : .linear,
                next_panel: right + StrassenFilters.factors * block.count * panel.width))
          }
        }
      }
    }
  }
}
