/// How the outputs of one phase of an axis are tiled for Winograd's algorithm F(outputs, taps).
///
/// `outputs` neighbours of the phase share `points` products, outputs + taps - 1 of them, instead of
/// outputs × taps. The points of F(2,2) are 0, 1, ∞; those of F(2,3) and F(3,2) are 0, 1, -1, ∞: only sums,
/// differences and one halving, so that rounding grows little (`docs/performance.md` has the bound).
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

  /// Nil where the phase's taps are not neighbours, or too many.
  init?(_ phase: AxisPhases.Phase, tiledCount: Int) {
    let runs = phase.runs
    guard runs.count == 1, let run = runs.first, (1...3).contains(run.count) else { return nil }
    taps = run.count
    count = phase.count
    firstInput = run[0].inputOffset
    switch run.count {
    case 1: outputs = 1
    case 2:
      // Three points give two outputs, four give three: whichever needs fewer products for a whole line, else three,
      // which round less.
      let three = 3 * ((tiledCount + 1) / 2)
      let four = 4 * ((tiledCount + 2) / 3)
      outputs = four < three ? 3 : 2
    default: outputs = 2
    }
  }

  /// The tilings of all phases of an axis; nil where one has none. Phases begin early where that lets them share
  /// their inputs' transform without another tile.
  /// - Parameter tiledCount: how many outputs of a phase are tiled at once: a unit's rows, or a whole line.
  static func tilings(_ axis: AxisPhases, tiledCount: Int) -> [WinogradAxis]? {
    var tilings: [WinogradAxis] = []
    for phase in axis.phases {
      guard let tiling = WinogradAxis(phase, tiledCount: min(tiledCount, phase.count)) else { return nil }
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
  var filterMatrix: [[Float]] {
    switch (taps, outputs) {
    case (1, _): [[1]]
    case (2, 2): [[1, 0], [1, 1], [0, 1]]
    case (2, _): [[1, 0], [0.5, 0.5], [0.5, -0.5], [0, 1]]
    default: [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]
    }
  }
}
