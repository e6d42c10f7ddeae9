import Dispatch
import UpconvKernels
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

  /// O(packed numbers), each the sum of as many weights as its phase has taps; on all processors where they are many.
  func pack(_ filters: LayerFilters, _ tiles: Tiles) -> Tensor {
    Tensor.filled(shape: Shape(vectorLength: max(1, groups * elementsPerGroup))) { packed in
      packed[(groups * elementsPerGroup)...].update(repeating: 0)
      filters.weights.withElements { weights in
        // SAFETY: the weights are only read, each panel is written by one iteration, and all have ended when the call
        // returns, within the time for which both pointers are lent.
        nonisolated(unsafe) let (weights, packed) = (weights.baseAddress!, packed.baseAddress!)
        let panelCount = panels.panelCount
        let packPanel = { @Sendable (index: Int) in
          let (rest, panel) = index.quotientAndRemainder(dividingBy: panelCount)
          let (group, phase) = rest.quotientAndRemainder(dividingBy: phases.count)
          transform(
            phases[phase], panels[panel], filters, weights, group: group,
            to: packed + group * elementsPerGroup + phases[phase].offset, tiles)
        }
        let count = groups * phases.count * panelCount
        if groups * elementsPerGroup < WinogradFilters.leastShared {
          for index in 0..<count { packPanel(index) }
        } else {
          DispatchQueue.concurrentPerform(iterations: count, execute: packPanel)
        }
      }
    }
  }

  /// Numbers that take about a tenth of a millisecond to pack.
  private static let leastShared = 128 << 10

  /// Transforms the taps of one panel's output channels, all input channels at a time: first down the kernel's
  /// columns, then along its rows.
  private func transform(
    _ phase: Phase, _ panel: PanelLayout.Panel, _ filters: LayerFilters, _ weights: UnsafePointer<Float>, group: Int,
    to packed: UnsafeMutablePointer<Float>, _ tiles: Tiles
  ) {
    let inputs = filters.inputsPerGroup
    let count = panel.columns * inputs
    let (matrixY, matrixX) = (phase.y.filterMatrix, phase.x.filterMatrix)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: (phase.columnTaps.count + 1) * count) { memory in
      let half = memory.baseAddress!
      let sum = half + phase.columnTaps.count * count
      for pointY in 0..<phase.y.points {
        for (index, column) in phase.columnTaps.enumerated() {
          let to = half + index * count
          to.update(repeating: 0, count: count)
          for (factor, row) in zip(matrixY[pointY], phase.rowTaps) where factor != 0 {
            var from =
              weights + panel.firstColumn * filters.inputChannels
              + filters.offset(row: row.kernelIndex, column: column.kernelIndex, group: group, input: 0)
            for output in 0..<panel.columns {
              tiles.add(factor, from, to: to + output * inputs, count: inputs)
              from += filters.inputChannels
            }
          }
        }
        for pointX in 0..<phase.x.points {
          sum.update(repeating: 0, count: count)
          for (index, factor) in matrixX[pointX].enumerated() where factor != 0 {
            tiles.add(factor, half + index * count, to: sum, count: count)
          }
          let point = packed + (pointY * phase.x.points + pointX) * panels.elementCount
          panels.pack(
            panel, rows: 0..<inputs, from: sum, columnStep: inputs, to: point, tiles)
        }
      }
    }
  }
}
