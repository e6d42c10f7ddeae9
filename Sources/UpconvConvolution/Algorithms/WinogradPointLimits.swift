/// The most points that tilings may have along an axis: what the planner chooses from.
///
/// More points need fewer products and more packed filters, and let rounding grow more. Sums over few channels have too
/// few errors that cancel out to make up for that (`RoundingTests` holds all of these to one bound).
struct WinogradPointLimits: Sendable, Hashable {
  /// Of phases with two taps and with three.
  let twoTaps: Int
  let threeTaps: Int

  /// Points 0, 1, -1 and ∞, whose transforms only add and subtract.
  static let four = WinogradPointLimits(twoTaps: 4, threeTaps: 4)

  /// Those that a layer's sums are long enough for, the fewest points first.
  static func choices(inputsPerGroup: Int) -> [WinogradPointLimits] {
    switch inputsPerGroup {
    case ..<64: [four]
    case ..<128: [four, WinogradPointLimits(twoTaps: 4, threeTaps: 6)]
    default: [four, WinogradPointLimits(twoTaps: 5, threeTaps: 5), WinogradPointLimits(twoTaps: 5, threeTaps: 6)]
    }
  }

  /// Outputs of a tile along an axis, at most.
  func maxOutputs(taps: Int) -> Int { (taps == 2 ? twoTaps : threeTaps) - taps + 1 }
}
