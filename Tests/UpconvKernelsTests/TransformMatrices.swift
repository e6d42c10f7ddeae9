/// Winograd's algorithm for one axis, as matrices: `points` products give `outputs` neighbours of a correlation with
/// `taps` taps.
///
/// Source: Lavin and Gray (2016), section 4.1, for F(2,3); the others are Toom and Cook's construction with the points
/// 0, 1, ∞; 0, 1, -1, ∞; ±1/2, ±5/4, ∞; and 0, ±5/8, ±3/2, ∞.
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
    TransformMatrices(finite: [0.5, -0.5, 1.25, -1.25], outputs: 3),
    TransformMatrices(finite: [0.5, -0.5, 1.25, -1.25], outputs: 4),
    TransformMatrices(finite: [0, 0.625, -0.625, 1.5, -1.5], outputs: 4),
  ]

  /// Toom and Cook's construction with some finite points and ∞.
  ///
  /// Row p of `input` has the coefficients of Π(x - q) over all other finite points q, that of ∞ those of the product
  /// over all; `filter` the powers of p over Π(p - q); `output` the powers of p.
  init(finite: [Double], outputs: Int) {
    let taps = finite.count + 2 - outputs
    func coefficients(_ zeros: [Double]) -> [Double] {
      var product = [1.0]
      for zero in zeros {
        product = zip(product + [0], [0] + product).map { $1 - zero * $0 }
      }
      return product + [Double](repeating: 0, count: finite.count + 1 - product.count)
    }
    func powers(_ point: Double, _ count: Int) -> [Double] {
      (0..<count).map { (0..<$0).reduce(1) { power, _ in power * point } }
    }
    func last(_ count: Int) -> [Double] { (0..<count).map { $0 == count - 1 ? 1 : 0 } }
    let others = finite.map { point in finite.filter { $0 != point } }
    points = finite.count + 1
    self.outputs = outputs
    input = others.map(coefficients) + [coefficients(finite)]
    filter =
      zip(finite, others).map { point, others in
        let distances = others.reduce(1) { $0 * (point - $1) }
        return powers(point, taps).map { $0 / distances }
      } + [last(taps)]
    let columns = finite.map { powers($0, outputs) } + [last(outputs)]
    output = (0..<outputs).map { row in columns.map { $0[row] } }
  }

  private init(points: Int, outputs: Int, input: [[Double]], filter: [[Double]], output: [[Double]]) {
    self.points = points
    self.outputs = outputs
    self.input = input
    self.filter = filter
    self.output = output
  }

  /// How far off results may be where whole numbers up to 9 are transformed along two axes. Fractions of six points have
  /// more bits than fit a Float then; a wrong coefficient would show as a tenth at least.
  static func tolerance(_ y: TransformMatrices, _ x: TransformMatrices) -> Double {
    max(y.points, x.points) < 6 ? 0 : 0.001
  }

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
