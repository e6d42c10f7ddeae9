extension AxisPhases {
  /// The input indices that outputs of index 0 read, over all phases; 0...0 where no phase has a tap.
  var window: ClosedRange<Int> {
    let offsets = phases.flatMap(\.taps).map(\.inputOffset)
    guard let least = offsets.min(), let most = offsets.max() else { return 0...0 }
    return least...most
  }

  /// The most outputs that a phase has.
  var longestPhase: Int { phases.map(\.count).max() ?? 0 }
}

extension AxisPhases.Phase {
  /// Taps in ascending order of input, cut into runs of neighbours: one run where the dilation is 1.
  var runs: [[AxisPhases.Tap]] {
    var runs: [[AxisPhases.Tap]] = []
    for tap in taps.reversed() {
      if let last = runs.last?.last, last.inputOffset + 1 == tap.inputOffset {
        runs[runs.count - 1].append(tap)
      } else {
        runs.append([tap])
      }
    }
    return runs
  }
}
