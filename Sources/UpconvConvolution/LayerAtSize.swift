import UpconvKernels

/// A layer with the sizes of one input: what algorithms are weighed and planned by.
struct LayerAtSize {
  let layer: ConvolutionLayer
  let filters: LayerFilters
  private(set) var geometry: OutputGeometry
  let tiles: Tiles
  let rows: AxisPhases
  let columns: AxisPhases
  /// The phases of a row merged; nil if they cannot be, or until the planner has found the cheapest merge.
  var merge: RowMerge?
  /// Multiplications whose input exists, of one image.
  let multiplyAddsPerImage: Int
  /// Multiplications whose input exists, of all images; `Int.max` if there are more.
  private(set) var multiplyAdds: Int

  /// A line is planned as a column: rows are what threads share.
  init(layer: ConvolutionLayer, geometry given: OutputGeometry, tiles: Tiles) {
    self.layer = layer
    geometry = given.isLine ? given.transposed : given
    var filters = layer.filters
    if given.isLine { filters.kernel = Spatial(height: filters.kernel.width, width: filters.kernel.height) }
    self.filters = filters
    self.tiles = tiles
    rows = AxisPhases(geometry.vertical)
    columns = AxisPhases(geometry.horizontal)
    let factors = [
      rows.usefulTaps, columns.usefulTaps, filters.inputsPerGroup, layer.outputChannels,
    ]
    func product(_ product: Int, _ factor: Int) -> Int {
      let (product, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? .max : product
    }
    multiplyAddsPerImage = factors.reduce(1, product)
    multiplyAdds = product(multiplyAddsPerImage, geometry.input.batch)
  }

  /// The same layer at one image of the batch.
  var alone: LayerAtSize {
    var size = self
    size.geometry = geometry.alone
    size.multiplyAdds = multiplyAddsPerImage
    return size
  }

  /// A part for every phase of a row.
  var parts: RowParts { RowParts(columns, channels: filters.outputsPerGroup) }
}
