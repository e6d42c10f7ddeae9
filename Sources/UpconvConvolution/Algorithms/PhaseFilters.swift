import UpconvKernels
import UpconvTensor

/// Filters packed for one matrix product a vertical phase and part of a row: `[group][vertical phase][part]` panels,
/// whose rows are kernel row, run of kernel columns, input channel.
struct PhaseFilters: Sendable {
  /// One phase of the plane, or several whose outputs are merged.
  struct Phase: Sendable {
    let vertical: Int
    /// Which of the row's parts.
    let horizontal: Int
    /// The kernel rows it meets, in ascending order of input.
    let rowTaps: [AxisPhases.Tap]
    /// The kernel columns it meets, each run as long as the others.
    let columnRuns: [[AxisPhases.Tap]]
    let panels: PanelLayout
    /// Its first packed number in a group.
    let offset: Int

    /// Taps that are neighbours in memory.
    var tapsPerRun: Int { columnRuns.first?.count ?? 0 }
    var segments: Int { rowTaps.count * columnRuns.count }
  }

  let phases: [Phase]
  let elementsPerGroup: Int
  let groups: Int
  let inputs: Int

  /// Rows of a panel beyond which neighbouring kernel columns stay apart, so that products can be cut between them.
  private static let maxMergedDepth = 1024

  init(_ filters: FilterSizes, rows: AxisPhases, columns: RowParts, lanes: Int) {
    groups = filters.groups
    inputs = filters.inputsPerGroup
    var phases: [Phase] = []
    var offset = 0
    for (vertical, rowPhase) in rows.phases.enumerated() {
      for (horizontal, part) in columns.parts.enumerated() {
        var runs = part.phase.runs
        let isMerged = runs.count == 1 && runs[0].count * inputs <= PhaseFilters.maxMergedDepth
        if !isMerged { runs = runs.flatMap { $0 }.map { [$0] } }
        let taps = rowPhase.taps.count * part.phase.taps.count
        let panels = PanelLayout(depth: taps * inputs, columns: part.channels, lanes: lanes)
        phases.append(
          Phase(
            vertical: vertical, horizontal: horizontal, rowTaps: taps == 0 ? [] : rowPhase.taps.reversed(),
            columnRuns: runs, panels: panels, offset: offset))
        offset += panels.elementCount
      }
    }
    self.phases = phases
    elementsPerGroup = offset
  }

  /// O(packed numbers).
  /// - Parameter filters: those of each part.
  func pack(_ filters: [LayerFilters], _ tiles: Tiles) -> Tensor {
    Tensor.filled(shape: Shape(vectorLength: max(1, groups * elementsPerGroup))) { packed in
      packed[(groups * elementsPerGroup)...].update(repeating: 0)
      for group in 0..<groups {
        for phase in phases {
          let to = packed.baseAddress! + group * elementsPerGroup + phase.offset
          let filters = filters[phase.horizontal]
          filters.weights.withElements { weights in
            guard let weights = weights.baseAddress else { return }
            for index in 0..<phase.panels.panelCount {
              pack(phase, phase.panels[index], filters, weights, group: group, to: to, tiles)
            }
          }
        }
      }
    }
  }

  /// One panel: the kernel's taps one below another.
  private func pack(
    _ phase: Phase, _ panel: PanelLayout.Panel, _ filters: LayerFilters, _ weights: UnsafePointer<Float>, group: Int,
    to packed: UnsafeMutablePointer<Float>, _ tiles: Tiles
  ) {
    var first = 0
    for row in phase.rowTaps {
      for column in phase.columnRuns.joined() {
        let from =
          filters.offset(row: row.kernelIndex, column: column.kernelIndex, group: group, input: 0)
          + panel.firstColumn * filters.inputChannels
        phase.panels.pack(
          panel, rows: first..<first + inputs, from: weights + from, columnStep: filters.inputChannels, to: packed,
          tiles)
        first += inputs
      }
    }
  }
}
