import UpconvTensor

extension Tensor {
  /// The tensor of this shape whose elements `self` holds in column-major (Fortran) order, first axis
  /// fastest.
  ///
  /// Takes memory for a second tensor while it runs. O(elements), in tiles so that neither side strides
  /// through memory: the first axis is dense in the source, the last in the result.
  func rowMajorFromColumnMajor() -> Tensor {
    let rank = shape.rank
    guard rank > 1, shape.elementCount > 0 else { return self }
    let lengths = shape.dimensions
    var sourceStrides = [Int](repeating: 1, count: rank)
    var resultStrides = [Int](repeating: 1, count: rank)
    for axis in 1..<rank {
      sourceStrides[axis] = sourceStrides[axis - 1] * lengths[axis - 1]
      resultStrides[rank - 1 - axis] = resultStrides[rank - axis] * lengths[rank - axis]
    }
    return withElements { source in
      Tensor.filled(shape: shape) { result in
        var middle = [Int](repeating: 0, count: rank)  // of axes 1 to rank - 2; the others stay 0
        var (sourceBase, resultBase) = (0, 0)
        while true {
          transposePlane(
            source, from: sourceBase, stride: sourceStrides[rank - 1],
            result, at: resultBase, stride: resultStrides[0], rows: lengths[0], columns: lengths[rank - 1])
          // The next position of the middle axes, as an odometer counts.
          var axis = rank - 2
          while axis > 0 {
            middle[axis] += 1
            sourceBase += sourceStrides[axis]
            resultBase += resultStrides[axis]
            if middle[axis] < lengths[axis] { break }
            sourceBase -= sourceStrides[axis] * lengths[axis]
            resultBase -= resultStrides[axis] * lengths[axis]
            middle[axis] = 0
            axis -= 1
          }
          if axis <= 0 { return }
        }
      }
    }
  }
}

/// `result[row, column] = source[row, column]` for one plane: rows dense in the source, columns in the
/// result.
private func transposePlane(
  _ source: UnsafeBufferPointer<Float>, from sourceBase: Int, stride sourceStride: Int,
  _ result: UnsafeMutableBufferPointer<Float>, at resultBase: Int, stride resultStride: Int, rows: Int,
  columns: Int
) {
  let tile = 16  // float32 of one cache line
  for firstRow in stride(from: 0, to: rows, by: tile) {
    for firstColumn in stride(from: 0, to: columns, by: tile) {
      for row in firstRow..<min(firstRow + tile, rows) {
        for column in firstColumn..<min(firstColumn + tile, columns) {
          result[resultBase + row * resultStride + column] = source[sourceBase + row + column * sourceStride]
        }
      }
    }
  }
}
