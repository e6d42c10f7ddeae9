import UpconvTensor

/// Filters transformed to Winograd's points and packed: `[group][phase][point]` panels whose rows are input channels.
struct WinogradFilters: Sendable {
  /// One phase of the plane.
  struct Phase: Sendable {
    let vertical: Int
    let horizontal: Int
    let y: WinogradAxis
    let x: WinogradAxis
    let rowTaps: [AxisPhases.Tap]
    let columnTaps: [AxisPhases.Tap]
    /// Its first packed number in a group.
    let offset: Int

    var points: Int { y.points * x.points }
  }

  let phases: [Phase]
  /// Of one point.
  let panels: PanelLayout
  let groups: Int
  let elementsPerGroup: Int

  init(
    _ filters: LayerFilters, rows: AxisPhases, columns: AxisPhases, y: [WinogradAxis], x: [WinogradAxis], lanes: Int
  ) {
    groups = filters.groups
    panels = PanelLayout(depth: filters.inputsPerGroup, columns: filters.outputsPerGroup, lanes: lanes)
    var phases: [Phase] = []
    var offset = 0
    for vertical in y.indices {
      for horizontal in x.indices {
        phases.append(
          Phase(
            vertical: vertical, horizontal: horizontal, y: y[vertical], x: x[horizontal],
            rowTaps: rows.phases[vertical].taps.reversed(), columnTaps: columns.phases[horizontal].taps.reversed(),
            offset: offset))
        offset += y[vertical].points * x[horizontal].points * panels.elementCount
      }
    }
    self.phases = phases
    elementsPerGroup = offset
  }

  /// O(packed numbers).
  func pack(_ filters: LayerFilters) -> Tensor {
    Tensor.filled(shape: Shape(vectorLength: max(1, groups * elementsPerGroup))) { packed in
      packed.update(repeating: 0)
      filters.weights.withElements { weights in
        for group in 0..<groups {
          for phase in phases {
            for output in 0..<filters.outputsPerGroup {
              transform(
                phase, filters, weights.baseAddress!, group: group, output: output,
                to: packed.baseAddress! + group * elementsPerGroup + phase.offset)
            }
          }
        }
      }
    }
  }

  /// Transforms the taps of one output channel, all input channels at a time.
  private func transform(
    _ phase: Phase, _ filters: LayerFilters, _ weights: UnsafePointer<Float>, group: Int, output: Int,
    to packed: UnsafeMutablePointer<Float>
  ) {
    let inputs = filters.inputsPerGroup
    let panel = panels[output / (2 * panels.lanes)]
    let place = panel.offset + output - panel.firstColumn
    let (matrixY, matrixX) = (phase.y.filterMatrix, phase.x.filterMatrix)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: (phase.columnTaps.count + 1) * inputs) { memory in
      let half = memory.baseAddress!
      let sum = half + phase.columnTaps.count * inputs
      for pointY in 0..<phase.y.points {
        for (index, column) in phase.columnTaps.enumerated() {
          let to = half + index * inputs
          to.update(repeating: 0, count: inputs)
          for (factor, row) in zip(matrixY[pointY], phase.rowTaps) where factor != 0 {
            let from =
              weights + output * filters.inputChannels
              + filters.offset(row: row.kernelIndex, column: column.kernelIndex, group: group, input: 0)
            for input in 0..<inputs { to[input] += factor * from[input] }
          }
        }
        for pointX in 0..<phase.x.points {
          sum.update(repeating: 0, count: inputs)
          for (index, factor) in matrixX[pointX].enumerated() where factor != 0 {
            let from = half + index * inputs
            for input in 0..<inputs { sum[input] += factor * from[input] }
          }
          var to = packed + (pointY * phase.x.points + pointX) * panels.elementCount + place
          for input in 0..<inputs {
            to.pointee = sum[input]
            to += panel.width
          }
        }
      }
    }
  }
}
