import UpconvKernels
import UpconvTensor

/// Why a plan has its algorithm.
package struct PlanChoice: Sendable {
  package struct Estimate: Sendable {
    package let algorithm: Algorithm
    /// One thread's time for the whole batch.
    package let nanoseconds: Double
  }

  package let algorithm: Algorithm
  /// Of all algorithms that can compute the layer, in the order of `Algorithm.allCases`.
  package let estimates: [Estimate]
  /// The estimate of the one that was taken.
  package var nanoseconds: Double { estimates.first { $0.algorithm == algorithm }?.nanoseconds ?? .infinity }
}

/// Chooses the algorithm for a layer at one size, and makes its schedule.
struct Planner {
  let layer: ConvolutionLayer
  let filters: LayerFilters
  let geometry: OutputGeometry
  let tiles: Tiles
  let rows: AxisPhases
  let columns: AxisPhases
  /// Multiplications whose input exists.
  let multiplyAdds: Int

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
      geometry.input.batch, rows.usefulTaps, columns.usefulTaps, filters.inputsPerGroup, layer.outputChannels,
    ]
    multiplyAdds = factors.reduce(1) { product, factor in
      let (product, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? .max : product
    }
  }

  /// - Throws: `.algorithmNotPossible` where `forced` cannot compute the layer.
  func choose(_ forced: Algorithm?, exact: Bool) throws(GeometryError) -> (any Schedule, Tensor, PlanChoice) {
    let costs = CostModel(self)
    let possible = possible(exact: exact)
    let estimates = possible.filter(isWorthwhile).map {
      PlanChoice.Estimate(algorithm: $0, nanoseconds: costs.nanoseconds($0))
    }
    if let forced, !possible.contains(forced) {
      throw .algorithmNotPossible(forced.rawValue)
    }
    let algorithm = forced ?? estimates.min { $0.nanoseconds < $1.nanoseconds }?.algorithm ?? .direct
    let (schedule, packed) = make(algorithm)
    return (schedule, packed, PlanChoice(algorithm: schedule.algorithm, estimates: estimates))
  }

  /// Whether the work is enough for several threads.
  private var isShared: Bool { multiplyAdds > 500_000 }

  /// Phases of the plane beyond which tables of them cost more than they bring.
  private static let maxPhases = 4096

  private func possible(exact: Bool) -> [Algorithm] {
    var possible = [Algorithm.direct]
    // Zeros of the border times a weight that is not finite would be NaN where no tap belongs.
    guard filters.largestWeight.isFinite, geometry.input.batch > 0 else { return possible }
    let phases = rows.phases.count * columns.phases.count
    if phases <= Planner.maxPhases, paddedShare <= 4 { possible.append(.phases) }
    if filters.kernel.height <= 64, filters.kernel.width <= 64 { possible.append(.pixels) }
    if !exact, phases <= Planner.maxPhases, canTransform { possible.append(.winograd) }
    return possible
  }

  /// Few input channels leave a transform too little to save, and rounding errors of a tile, which are alike for its
  /// outputs, would be large beside the smallest of them.
  private func isWorthwhile(_ algorithm: Algorithm) -> Bool {
    algorithm != .winograd || filters.inputsPerGroup >= 32 && filters.outputsPerGroup >= 16
  }

  /// Multiplications with the borders' zeros included, relative to those without.
  private var paddedShare: Double {
    func padded(_ axis: AxisPhases) -> Int { axis.phases.reduce(0) { $0 + $1.count * $1.taps.count } }
    return Double(padded(rows)) * Double(padded(columns)) / Double(max(1, rows.usefulTaps * columns.usefulTaps))
  }

  private var canTransform: Bool {
    guard filters.largestWeight < WinogradProduct.maxMagnitude,
      let y = WinogradAxis.tilings(rows, tiledCount: rows.longestPhase),
      let x = WinogradAxis.tilings(columns, tiledCount: columns.longestPhase)
    else { return false }
    return (y + x).contains { $0.taps > 1 }
  }

  private func make(_ algorithm: Algorithm) -> (any Schedule, Tensor) {
    let layout = layer.operation.layout
    let activation = layer.operation.activation
    switch algorithm {
    case .direct:
      let schedule = direct
      return (schedule, packedDirectly(schedule.filters))
    case .phases:
      let schedule = PhaseProduct(
        geometry: geometry, rows: rows, columns: columns, layer: filters, layout: layout,
        activation: activation, tiles: tiles, isShared: isShared)
      return (
        schedule,
        packed(.phases, vertical: rows.kernelIndices, horizontal: columns.kernelIndices) {
          schedule.filters.pack(filters)
        }
      )
    case .pixels:
      let schedule = PixelPanels(
        geometry: geometry, rows: rows, columns: columns, layer: filters, layout: layout,
        activation: activation, tiles: tiles, isShared: isShared)
      return (schedule, filters.weights)
    case .winograd:
      let direct = direct
      let schedule = WinogradProduct(
        geometry: geometry, rows: rows, columns: columns, layer: filters, layout: layout,
        activation: activation, tiles: tiles, isShared: isShared,
        fallback: WinogradProduct.Fallback(rows: direct, packed: { packedDirectly(direct.filters) }))
      guard let schedule else { return make(.phases) }
      let tilings = (schedule.filters.phases.map { [$0.y.points, $0.y.outputs, $0.x.points, $0.x.outputs] })
      return (
        schedule,
        packed(.winograd, vertical: rows.kernelIndices + tilings, horizontal: columns.kernelIndices) {
          schedule.filters.pack(filters)
        }
      )
    }
  }

  private var direct: DirectRows {
    DirectRows(
      geometry: geometry, rows: rows, columns: columns, layer: filters, layout: layer.operation.layout,
      activation: layer.operation.activation, multiplyAdds: multiplyAdds)
  }

  private func packedDirectly(_ direct: DirectFilters) -> Tensor {
    packed(.direct, vertical: [], horizontal: []) { direct.pack(filters) }
  }

  private func packed(
    _ algorithm: Algorithm, vertical: [[Int]], horizontal: [[Int]], pack: () -> Tensor
  ) -> Tensor {
    let key = FilterPacks.Key(
      algorithm: algorithm, lanes: tiles.lanes, vertical: vertical, horizontal: horizontal)
    return layer.packs.packed(key, pack: pack)
  }
}

extension AxisPhases {
  /// The kernel indices of each phase's taps.
  fileprivate var kernelIndices: [[Int]] { phases.map { $0.taps.map(\.kernelIndex) } }
}
