/// How the outputs of one phase of an axis are tiled for Winograd's algorithm F(outputs, taps).
///
/// `outputs` neighbours of the phase share `points` products, outputs + taps - 1 of them, instead of
/// outputs × taps. More points need fewer products and let rounding grow more (`docs/performance.md` has the bounds).
struct WinogradAxis: Sendable, Hashable {
  let taps: Int
  let outputs: Int
  /// Outputs of the phase.
  let count: Int
  /// The place in the phase of the first tile's first output: 0, or below where tiles begin early so that their
  /// inputs are another phase's too.
  var start = 0
  /// The first input of output 0.
  let firstInput: Int

  var points: Int { outputs + taps - 1 }

  /// Tiles that cover `count` outputs from place 0.
  func tiles(_ count: Int) -> Int { (count - start + outputs - 1) / outputs }

  /// The first input of the first tile, relative to output 0.
  var firstTileInput: Int { start + firstInput }

  /// Takes the tiles that need the fewest products for a line; of equal ones those with the fewest points, which round
  /// less. Nil if the phase's taps are not neighbours, or too many.
  /// - Parameter tiledCount: outputs of the line.
  init?(_ phase: AxisPhases.Phase, tiledCount: Int, limits: WinogradPointLimits) {
    let runs = phase.runs
    guard runs.count == 1, let run = runs.first, (1...3).contains(run.count) else { return nil }
    taps = run.count
    count = phase.count
    firstInput = run[0].inputOffset
    let possible = taps == 1 ? 1...1 : 2...limits.maxOutputs(taps: taps)
    let products = possible.map { ($0 + run.count - 1) * ((tiledCount + $0 - 1) / $0) }
    guard let least = zip(possible, products).min(by: { $0.1 < $1.1 }) else { return nil }
    outputs = least.0
  }

  /// The tilings of all phases of an axis; nil if one has none. Phases begin early where that lets them share
  /// their inputs' transform without another tile.
  /// - Parameter tiledCount: how many outputs of a phase are tiled at once: a unit's rows, or a whole line.
  static func tilings(_ axis: AxisPhases, tiledCount: Int, limits: WinogradPointLimits) -> [WinogradAxis]? {
    var tilings: [WinogradAxis] = []
    for phase in axis.phases {
      let count = min(tiledCount, phase.count)
      guard let tiling = WinogradAxis(phase, tiledCount: count, limits: limits) else { return nil }
      tilings.append(tiling)
    }
    for index in tilings.indices {
      let tiling = tilings[index]
      let earliest = tilings.filter { $0.points == tiling.points && $0.outputs == tiling.outputs }.map(\.firstInput)
        .min()!
      var shifted = tiling
      shifted.start = earliest - tiling.firstInput
      let outputs = min(tiledCount, tiling.count)
      if -shifted.start < tiling.outputs, shifted.tiles(outputs) == tiling.tiles(outputs) { tilings[index] = shifted }
    }
    return tilings
  }

  /// The matrix that takes taps, in ascending order of input, to points: `points` rows.
  ///
  /// A finite point's row holds the powers of the point over the product of its distances from the other finite
  /// points; that of ∞ takes the last tap. Four points have the signs of Lavin and Gray (2016).
  var filterMatrix: [[Float]] {
    let finite: [Double]
    switch points {
    case 1: return [[1]]
    case 3: return [[1, 0], [1, 1], [0, 1]]
    case 4 where taps == 2: return [[1, 0], [0.5, 0.5], [0.5, -0.5], [0, 1]]
    case 4: return [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]
    case 5: finite = [0.5, -0.5, 1.25, -1.25]
    default: finite = [0, 0.625, -0.625, 1.5, -1.5]
    }
    return finite.map { point in
      let distances = finite.reduce(1.0) { $1 == point ? $0 : $0 * (point - $1) }
      return (0..<taps).map { tap in Float((0..<tap).reduce(1.0) { power, _ in power * point } / distances) }
    } + [(0..<taps).map { $0 == taps - 1 ? 1 : 0 }]
  }
}
