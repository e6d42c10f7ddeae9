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
  private(set) var size: LayerAtSize

  private var layer: ConvolutionLayer { size.layer }
  private var filters: LayerFilters { size.filters }
  private var geometry: OutputGeometry { size.geometry }
  private var tiles: Tiles { size.tiles }
  private var rows: AxisPhases { size.rows }
  private var columns: AxisPhases { size.columns }

  init(_ size: LayerAtSize) {
    self.size = size
    self.size.merge = RowMerge.cheapest(
      output: size.geometry.output, size.columns, size.filters.sizes, size.layer.operation.layout,
      widestProduct: 4 * size.tiles.lanes, cost: CostModel(size).partOfRow)
  }

  /// - Throws: `.algorithmNotPossible` where `forced` cannot compute the layer.
  func choose(_ forced: Algorithm?, exact: Bool) throws(GeometryError) -> Chosen {
    let costs = CostModel(size)
    let possible = possible(exact: exact)
    let estimates = possible.filter(isWorthwhile).map {
      PlanChoice.Estimate(algorithm: $0, nanoseconds: costs.nanoseconds($0))
    }
    if let forced {
      guard possible.contains(forced) else { throw .algorithmNotPossible(forced.rawValue) }
      let draft = draft(forced)
      return Chosen(draft, layer, estimates)
    }
    for estimate in estimates.sorted(by: { $0.nanoseconds < $1.nanoseconds }) {
      var draft = draft(estimate.algorithm)
      guard estimate.algorithm == .direct || isFrugalAlone(draft.schedule, estimate.algorithm) else { continue }
      while !isFrugal(draft.schedule), draft.schedule.imagesPerUnit > 1 {
        draft = self.draft(estimate.algorithm, maxImages: draft.schedule.imagesPerUnit / 2)
      }
      return Chosen(draft, layer, estimates)
    }
    return Chosen(draft(.direct), layer, estimates)
  }

  /// What a plan is made of.
  struct Chosen {
    let schedule: any Schedule
    let packed: Tensor
    let bias: Tensor
    /// The bias where the layer has no slopes, since a run reads none then.
    let slopes: Tensor
    let choice: PlanChoice

    fileprivate init(_ draft: Draft, _ layer: ConvolutionLayer, _ estimates: [PlanChoice.Estimate]) {
      schedule = draft.schedule
      packed = draft.pack()
      bias = draft.perChannel(layer.bias)
      slopes = layer.slopes.map(draft.perChannel) ?? bias
      choice = PlanChoice(algorithm: draft.schedule.algorithm, estimates: estimates)
    }
  }

  /// The same for one image of the batch, on which every choice rests that an image's bits depend on.
  private var alone: Planner {
    var planner = self
    planner.size = size.alone
    return planner
  }

  private func isFrugalAlone(_ schedule: any Schedule, _ algorithm: Algorithm) -> Bool {
    geometry.input.batch == 1 ? isFrugal(schedule) : alone.isFrugal(alone.draft(algorithm).schedule)
  }

  /// Whether scratch on all processors stays below what the run holds anyway, or is small. Bands of an image of few
  /// rows, each a million pixels wide, would not.
  private func isFrugal(_ schedule: any Schedule) -> Bool {
    let (input, output) = (geometry.input, geometry.output)
    let elements =
      input.batch * (input.height * input.width * input.channels + output.height * output.width * output.channels)
      + schedule.packedElements
    let threads = min(UnitGrid.processors, schedule.unitCount)
    return threads * schedule.scratchElements + schedule.tableElements <= max(elements, Planner.smallScratchElements)
  }

  /// Half a megabyte.
  private static let smallScratchElements = 128 << 10

  /// Whether the work is enough for several threads.
  private var isShared: Bool { size.multiplyAdds > 500_000 }

  /// Phases of the plane beyond which tables of them cost more than they bring.
  private static let maxPhases = 4096

  private func possible(exact: Bool) -> [Algorithm] {
    var possible = [Algorithm.direct]
    // Zeros of the border times a weight that is not finite would be NaN where no tap belongs.
    guard filters.largestWeight.isFinite, geometry.input.batch > 0 else { return possible }
    let phases = rows.phases.count * columns.phases.count
    if phases <= Planner.maxPhases, paddedShare <= 4 {
      possible.append(.phases)
      if size.merge != nil { possible.append(.rows) }
    }
    if filters.kernel.height <= 64, filters.kernel.width <= 64 { possible.append(.pixels) }
    if !exact, phases <= Planner.maxPhases, canTransform { possible.append(.winograd) }
    if !exact, StrassenProduct.canCompute(rows: rows, columns: columns, filters: filters) { possible.append(.strassen) }
    return possible
  }

  /// Few input channels leave a transform too little to save, and rounding errors of a tile, which are alike for its
  /// outputs, would be large beside the smallest of them.
  private func isWorthwhile(_ algorithm: Algorithm) -> Bool {
    switch algorithm {
    case .winograd: filters.inputsPerGroup >= 32 && filters.outputsPerGroup >= 16
    case .strassen: filters.inputsPerGroup >= Planner.leastInputsForStrassen
    default: true
    }
  }

  /// From here on sums in runs keep rounding errors as small as sums one by one would without it (`RoundingTests`).
  private static let leastInputsForStrassen = 256

  /// Multiplications with the borders' zeros included, relative to those without.
  private var paddedShare: Double {
    func padded(_ axis: AxisPhases) -> Int { axis.phases.reduce(0) { $0 + $1.count * $1.taps.count } }
    return Double(padded(rows)) * Double(padded(columns)) / Double(max(1, rows.usefulTaps * columns.usefulTaps))
  }

  private var canTransform: Bool {
    guard filters.largestWeight < WinogradProduct.maxMagnitude,
      let y = WinogradAxis.tilings(rows, tiledCount: rows.longestPhase, limits: .four),
      let x = WinogradAxis.tilings(columns, tiledCount: columns.longestPhase, limits: .four)
    else { return false }
    return (y + x).contains { $0.taps > 1 }
  }

  /// A schedule, and the filters as it wants them, which are not packed before they are asked for.
  fileprivate struct Draft {
    let schedule: any Schedule
    /// Numbers of the layer for each output channel, as the schedule wants them.
    var perChannel: (Tensor) -> Tensor = { $0 }
    let pack: () -> Tensor
  }

  private func draft(_ algorithm: Algorithm, maxImages: Int = .max) -> Draft {
    let layout = layer.operation.layout
    let activation = layer.operation.activation
    switch algorithm {
    case .direct:
      let schedule = direct
      return Draft(schedule: schedule, pack: { packedDirectly(schedule.filters) })
    case .phases:
      let schedule = PhaseProduct(
        geometry: geometry, rows: rows, columns: size.parts, layer: filters.sizes, layout: layout,
        activation: activation, tiles: tiles, isShared: isShared, maxImages: maxImages)
      return Draft(
        schedule: schedule,
        pack: {
          packed(.phases, vertical: rows.kernelIndices, horizontal: columns.kernelIndices) {
            schedule.filters.pack(columns.phases.map { _ in filters }, tiles)
          }
        })
    case .rows:
      guard let merge = size.merge else { return draft(.phases, maxImages: maxImages) }
      let schedule = PhaseProduct(
        geometry: geometry, rows: rows, columns: merge.parts, layer: filters.sizes, layout: layout,
        activation: activation, tiles: tiles, isShared: isShared, maxImages: maxImages, algorithm: .rows,
        fallback: merge.hasZeros ? fallback : nil)
      return Draft(
        schedule: schedule, perChannel: merge.repeated,
        pack: {
          packed(.rows, vertical: rows.kernelIndices, horizontal: merge.packing) {
            schedule.filters.pack(merge.filters(filters), tiles)
          }
        })
    case .pixels:
      let schedule = PixelProduct(
        geometry: geometry, rows: rows, columns: columns, layer: filters, layout: layout,
        activation: activation, tiles: tiles, isShared: isShared)
      return Draft(
        schedule: schedule,
        pack: {
          packed(.pixels, vertical: [], horizontal: schedule.filters.key) { schedule.filters.pack(filters) }
        })
    case .winograd:
      let alone = alone
      let limits = CostModel(size).winogradLimits
      let large = alone.winograd(limits, pixelsPerUnit: WinogradProduct.pixelsPerUnit)
      let isLarge = large.map(alone.isFrugal) ?? false
      let schedule = winograd(
        limits, pixelsPerUnit: isLarge ? WinogradProduct.pixelsPerUnit : WinogradProduct.pixelsPerSmallUnit,
        maxImages: maxImages)
      guard let schedule else { return draft(.phases, maxImages: maxImages) }
      let tilings = (schedule.filters.phases.map { [$0.y.points, $0.y.outputs, $0.x.points, $0.x.outputs] })
      return Draft(
        schedule: schedule,
        pack: {
          packed(.winograd, vertical: rows.kernelIndices + tilings, horizontal: columns.kernelIndices) {
            schedule.filters.pack(filters, tiles)
          }
        })
    case .strassen:
      let schedule = StrassenProduct(
        geometry: geometry, rows: rows, columns: columns, layer: filters, layout: layout, activation: activation,
        tiles: tiles, isShared: isShared, fallback: fallback, maxImages: maxImages)
      return Draft(
        schedule: schedule,
        pack: {
          packed(.strassen, vertical: rows.kernelIndices, horizontal: columns.kernelIndices) {
            schedule.filters.pack(filters, tiles)
          }
        })
    }
  }

  private func winograd(
    _ limits: WinogradPointLimits, pixelsPerUnit: ClosedRange<Int>, maxImages: Int = .max
  ) -> WinogradProduct? {
    WinogradProduct(
      geometry: geometry, rows: rows, columns: columns, layer: filters, layout: layer.operation.layout,
      activation: layer.operation.activation, tiles: tiles, isShared: isShared,
      fallback: fallback, limits: limits,
      pixelsPerUnit: pixelsPerUnit, maxImages: maxImages)
  }

  private var fallback: DirectFallback {
    let direct = direct
    return DirectFallback(rows: direct, packed: { packedDirectly(direct.filters) })
  }

  private var direct: DirectRows {
    DirectRows(
      geometry: geometry, rows: rows, columns: columns, layer: filters, layout: layer.operation.layout,
      activation: layer.operation.activation, multiplyAdds: size.multiplyAdds, tiles: tiles)
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
