/// Winograd's algorithm for one axis, as matrices: `points` products give `outputs` neighbours of a correlation with
/// `taps` taps.
///
/// Source: Lavin and Gray (2016), section 4.1, for F(2,3); F(3,2) and F(2,2) are Toom and Cook's construction with the
/// points 0, 1, -1, ∞ and 0, 1, ∞.
struct TransformMatrices: CustomStringConvertible {
  let points: Int
  let outputs: Int
  var taps: Int { points - outputs + 1 }
  /// points × points
  let input: [[Double]]
  /// points × taps
  let filter: [[Double]]
  /// outputs × points
  let output: [[Double]]

  var description: String { "\(points) points, \(outputs) outputs" }

  private static let fourPoints: [[Double]] = [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]

  /// All that the tiles know.
  static let all = [
    TransformMatrices(points: 1, outputs: 1, input: [[1]], filter: [[1]], output: [[1]]),
    TransformMatrices(
      points: 3, outputs: 2, input: [[1, -1, 0], [0, 1, 0], [0, -1, 1]], filter: [[1, 0], [1, 1], [0, 1]],
      output: [[1, 1, 0], [0, 1, 1]]),
    TransformMatrices(
      points: 4, outputs: 2, input: fourPoints,
      filter: [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], output: [[1, 1, 1, 0], [0, 1, -1, -1]]),
    TransformMatrices(
      points: 4, outputs: 3, input: fourPoints, filter: [[1, 0], [0.5, 0.5], [0.5, -0.5], [0, 1]],
      output: [[1, 1, 1, 0], [0, 1, -1, 0], [0, 1, 1, -1]]),
  ]

  /// `y · square · xᵗ`
  static func apply(_ y: [[Double]], _ square: [[Double]], _ x: [[Double]]) -> [[Double]] {
    y.map { rowFactors in
      x.map { columnFactors in
        var sum = 0.0
        for (rowFactor, row) in zip(rowFactors, square) {
          for (columnFactor, number) in zip(columnFactors, row) where rowFactor != 0 && columnFactor != 0 {
            sum += rowFactor * columnFactor * number
          }
        }
        return sum
      }
    }
  }
}
