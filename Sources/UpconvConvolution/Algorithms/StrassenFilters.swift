import Dispatch
import UpconvKernels
import UpconvTensor

/// Filters packed for Strassen's products: two kernel rows at a time, whose halves of input channels are added up to
/// seven right factors.
///
/// In memory: `[group][pair of kernel rows][kernel column][panel][block of channels][factor]`, each a panel whose rows
/// are the block's channels of one half.
struct StrassenFilters: Sendable {
  let groups: Int
  let rowPairs: Int
  let kernelColumns: Int
  /// Of one factor: as deep as half of the input channels.
  let panels: PanelLayout
  /// Half of the input channels, cut so that seven panels of a block stay in the second-level cache.
  let blocks: [Range<Int>]

  /// Products that do the work of eight.
  static let factors = 7
  /// Channels of a half that a block has at most.
  private static let maxBlockDepth = 128

  /// - Parameter filters: with an even number of kernel rows and of input channels.
  init(_ filters: LayerFilters, lanes: Int) {
    let half = filters.inputsPerGroup / 2
    groups = filters.groups
    rowPairs = filters.kernel.height / 2
    kernelColumns = filters.kernel.width
    panels = PanelLayout(depth: half, columns: filters.outputsPerGroup, lanes: lanes)
    let count = (half + StrassenFilters.maxBlockDepth - 1) / StrassenFilters.maxBlockDepth
    blocks = (0..<count).map { $0 * half / count..<($0 + 1) * half / count }
  }

  var elementsPerGroup: Int { rowPairs * kernelColumns * StrassenFilters.factors * panels.elementCount }

  /// Where the first factor's panel of a block stands.
  func offset(group: Int, rowPair: Int, column: Int, _ panel: PanelLayout.Panel, _ block: Range<Int>) -> Int {
    let matrix = (group * rowPairs + rowPair) * kernelColumns + column
    return StrassenFilters.factors
      * (matrix * panels.elementCount + panel.offset + block.lowerBound * panel.width)
  }

  /// O(packed numbers).
  func pack(_ filters: LayerFilters, _ tiles: Tiles) -> Tensor {
    Tensor.filled(shape: Shape(vectorLength: groups * elementsPerGroup)) { packed in
      filters.weights.withElements { weights in
        // SAFETY: the weights are only read, each panel is written by one iteration, and all have ended when the call
        // returns, within the time for which both pointers are lent.
        nonisolated(unsafe) let (weights, packed) = (weights.baseAddress!, packed.baseAddress!)
        let packPanel = { @Sendable (index: Int) in
          let (matrix, panel) = index.quotientAndRemainder(dividingBy: panels.panelCount)
          let (rows, column) = matrix.quotientAndRemainder(dividingBy: kernelColumns)
          let (group, rowPair) = rows.quotientAndRemainder(dividingBy: rowPairs)
          for block in blocks {
            pack(
              panels[panel], block, filters, weights, group: group, rowPair: rowPair, column: column,
              to: packed + offset(group: group, rowPair: rowPair, column: column, panels[panel], block), tiles)
          }
        }
        let count = groups * rowPairs * kernelColumns * panels.panelCount
        if groups * elementsPerGroup < StrassenFilters.leastShared {
          for index in 0..<count { packPanel(index) }
        } else {
          DispatchQueue.concurrentPerform(iterations: count, execute: packPanel)
        }
      }
    }
  }

  /// Numbers that take about a tenth of a millisecond to pack.
  private static let leastShared = 128 << 10

  /// The seven right factors of one block, from the kernel rows p and q and the halves 1 and 2 of the channels:
  /// p1, p2, p1 - q1 + q2, q2 - q1, p2 - p1 + q1 - q2, q1 - p1, q2.
  private func pack(
    _ panel: PanelLayout.Panel, _ block: Range<Int>, _ filters: LayerFilters, _ weights: UnsafePointer<Float>,
    group: Int, rowPair: Int, column: Int, to packed: UnsafeMutablePointer<Float>, _ tiles: Tiles
  ) {
    let count = block.count * panel.width
    func factor(_ index: Int) -> UnsafeMutablePointer<Float> { packed + index * count }
    func load(row: Int, half: Int, to index: Int) {
      let from =
        filters.offset(
          row: 2 * rowPair + row, column: column, group: group, input: half * panels.depth + block.lowerBound)
        + panel.firstColumn * filters.inputChannels
      // Panels say where they stand in the matrix; here they stand by themselves.
      panels.pack(
        panel, rows: 0..<block.count, from: weights + from, columnStep: filters.inputChannels,
        to: factor(index) - panel.offset, tiles)
    }
    func subtract(_ subtrahend: Int, from index: Int) {
      tiles.add(-1, factor(subtrahend), to: factor(index), count: count)
    }
    load(row: 0, half: 0, to: 0)
    load(row: 0, half: 1, to: 1)
    load(row: 1, half: 0, to: 5)
    load(row: 1, half: 1, to: 6)
    factor(3).update(from: factor(6), count: count)
    subtract(5, from: 3)
    subtract(0, from: 5)
    factor(2).update(from: factor(6), count: count)
    subtract(5, from: 2)
    factor(4).update(from: factor(1), count: count)
    subtract(2, from: 4)
  }
}
