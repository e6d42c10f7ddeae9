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

  /// Writes a matrix in this order.
  /// - Parameter row: gives the place of a row's first number; its columns are `columnStep` apart.
  func pack(
    _ source: UnsafePointer<Float>, columnStep: Int, to packed: UnsafeMutablePointer<Float>, row: (Int) -> Int
  ) {
    for index in 0..<panelCount {
      let panel = self[index]
      var to = packed + panel.offset
      for depth in 0..<depth {
        var from = source + row(depth) + panel.firstColumn * columnStep
        for column in 0..<panel.columns {
          to[column] = from.pointee
          from += columnStep
        }
        for column in panel.columns..<panel.width { to[column] = 0 }
        to += panel.width
      }
    }
  }
}
