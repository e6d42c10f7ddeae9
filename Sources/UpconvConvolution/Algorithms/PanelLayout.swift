import UpconvKernels

/// How a matrix of weights, `depth` rows of `columns` numbers, is cut into panels for one instruction set.
///
/// A panel has the width of two vectors, the last one of one vector where that is enough; in it the numbers of one
/// row are neighbours, and columns beyond the matrix are zeros. Panels stand one after another.
struct PanelLayout: Sendable, Hashable {
  let depth: Int
  let columns: Int
  let lanes: Int

  var panelCount: Int { (columns + 2 * lanes - 1) / (2 * lanes) }
  /// Numbers of all panels, the zeros included.
  var elementCount: Int { depth * ((columns + lanes - 1) / lanes * lanes) }

  struct Panel {
    let firstColumn: Int
    let columns: Int
    /// 1 or 2.
    let vectors: Int
    /// Its first number in the packed matrix.
    let offset: Int
    /// Numbers from one row to the next.
    let width: Int
  }

  subscript(index: Int) -> Panel {
    let firstColumn = index * 2 * lanes
    let columns = min(2 * lanes, columns - firstColumn)
    let vectors = columns > lanes ? 2 : 1
    return Panel(
      firstColumn: firstColumn, columns: columns, vectors: vectors, offset: firstColumn * depth,
      width: vectors * lanes)
  }

  /// Writes some rows of one panel from a matrix whose columns are given one after another.
  /// - Parameters:
  ///   - rows: as many as are neighbours in `source`.
  ///   - source: the panel's first column at the first of these rows; columns are `columnStep` apart.
  func pack(
    _ panel: Panel, rows: Range<Int>, from source: UnsafePointer<Float>, columnStep: Int,
    to packed: UnsafeMutablePointer<Float>, _ tiles: Tiles
  ) {
    let to = packed + panel.offset + rows.lowerBound * panel.width
    tiles.transpose(
      source, inputStep: columnStep, rows: panel.columns, columns: rows.count, to: to,
      outputStep: panel.width)
    guard panel.columns < panel.width else { return }
    for row in 0..<rows.count {
      (to + row * panel.width + panel.columns).update(repeating: 0, count: panel.width - panel.columns)
    }
  }
}
