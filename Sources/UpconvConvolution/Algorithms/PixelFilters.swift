import UpconvKernels
import UpconvTensor

/// Filters in the order in which products along a row of pixels read them:
/// `[group][tap group][input offset][input channel][kernel row][horizontal phase][output channel]`.
///
/// Outputs m of several horizontal phases may read input pixel m + offset, each through another kernel column. Offsets
/// that the same phases read are a tap group: one product, whose sum runs over its offsets and all input channels.
struct PixelFilters: Sendable {
  struct TapGroup: Sendable {
    let phases: [Int]
    /// Input offsets, and for each of them the kernel column of each phase.
    let offsets: [Int]
    let kernelColumns: [[Int]]
    /// Rows of the product: (phase, output channel) of each kernel row.
    let rowsPerKernelRow: Int
    let rows: Int
    /// Its first number in a group.
    let offset: Int
  }

  let tapGroups: [TapGroup]
  let elementsPerGroup: Int
  let kernelHeight: Int
  let groups: Int
  let inputs: Int
  let outputs: Int

  /// Taps that no output meets within the image are left out.
  init(_ layer: LayerFilters, columns: AxisPhases) {
    groups = layer.groups
    inputs = layer.inputsPerGroup
    outputs = layer.outputsPerGroup
    kernelHeight = layer.kernel.height
    var readers: [Int: [(phase: Int, kernelColumn: Int)]] = [:]
    for (index, phase) in columns.phases.enumerated() {
      for tap in phase.taps where tap.inputOffset > -phase.count && tap.inputOffset < columns.input {
        readers[tap.inputOffset, default: []].append((index, tap.kernelIndex))
      }
    }
    var offsets: [[Int]: [Int]] = [:]
    for (offset, readers) in readers { offsets[readers.map(\.phase), default: []].append(offset) }
    var tapGroups: [TapGroup] = []
    var elements = 0
    // Any order would do, if it were always the same.
    for (phases, offsets) in offsets.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let offsets = offsets.sorted()
      let rowsPerKernelRow = phases.count * layer.outputsPerGroup
      let rows = layer.kernel.height * rowsPerKernelRow
      tapGroups.append(
        TapGroup(
          phases: phases, offsets: offsets, kernelColumns: offsets.map { readers[$0]!.map(\.kernelColumn) },
          rowsPerKernelRow: rowsPerKernelRow, rows: rows, offset: elements))
      elements += offsets.count * layer.inputsPerGroup * rows
    }
    self.tapGroups = tapGroups
    elementsPerGroup = elements
  }

  /// What the order depends on, beside the layer.
  var key: [[Int]] { tapGroups.flatMap { $0.kernelColumns + [[]] } }

  /// Input offsets of all taps; nil if there are none.
  var window: ClosedRange<Int>? {
    let offsets = tapGroups.flatMap(\.offsets)
    guard let first = offsets.min(), let last = offsets.max() else { return nil }
    return first...last
  }

  /// O(packed numbers).
  func pack(_ filters: LayerFilters) -> Tensor {
    Tensor.filled(shape: Shape(vectorLength: max(1, groups * elementsPerGroup))) { packed in
      packed[(groups * elementsPerGroup)...].update(repeating: 0)
      filters.weights.withElements { weights in
        for group in 0..<groups {
          for tapGroup in tapGroups {
            pack(
              tapGroup, group: group, filters, weights,
              to: packed.baseAddress! + group * elementsPerGroup + tapGroup.offset)
          }
        }
      }
    }
  }

  private func pack(
    _ tapGroup: TapGroup, group: Int, _ filters: LayerFilters, _ weights: UnsafeBufferPointer<Float>,
    to packed: UnsafeMutablePointer<Float>
  ) {
    var to = packed
    for kernelColumns in tapGroup.kernelColumns {
      for input in 0..<inputs {
        for kernelRow in 0..<kernelHeight {
          for kernelColumn in kernelColumns {
            let from = filters.offset(row: kernelRow, column: kernelColumn, group: group, input: input)
            for output in 0..<outputs {
              to.pointee = weights[from + output * filters.inputChannels]
              to += 1
            }
          }
        }
      }
    }
  }
}
