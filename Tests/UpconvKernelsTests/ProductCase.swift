import CTiles
import UpconvKernels
import UpconvTestSupport

/// One block of a matrix product over memory that holds exactly what `CTiles.h` names, and nothing else.
///
/// Inputs, weights and starts are small whole numbers and slopes powers of two, so that every sum is exact in float32
/// whatever its order: results are compared bit for bit. A number that the description does not name is a NaN.
struct ProductCase: CustomStringConvertible {
  var rows = 1
  var columns = 1
  var panelVectors = 1
  var segments = 1
  var depth = 1
  var hasBias = true
  var hasNextPanel = false
  var store = Store.linear
  var edge = GuardedBuffer<Float>.Edge.end
  /// Numbers between the end of an output row and the beginning of the next.
  var gap = 0

  enum Store: CaseIterable {
    case linear, relu, leakyReLU, parametricReLU
    /// One that is applied to what is stored, and exact for whole numbers: from -10 to 6.
    case clippedReLU

    private var function: upconv_function {
      switch self {
      case .linear: UPCONV_LINEAR
      case .relu: UPCONV_RELU
      case .leakyReLU: UPCONV_LEAKY_RELU
      case .parametricReLU: UPCONV_PARAMETRIC_RELU
      case .clippedReLU: UPCONV_CLIPPED_RELU
      }
    }

    /// - Parameter slopes: of `.parametricReLU`; the others have the slope 0.25.
    func activation(slopes: UnsafePointer<Float>? = nil) -> upconv_activation {
      upconv_activation(function: function, slope: 0.25, threshold: -10, largest: 6, slopes: slopes)
    }

    /// Slopes of `.parametricReLU`: powers of two, not all of one sign.
    static func slopes(_ count: Int) -> [Float] {
      (0..<count).map { $0 % 3 == 0 ? -0.5 : $0 % 3 == 1 ? 2 : 0.125 }
    }

    func callAsFunction(_ x: Double, column: Int) -> Double {
      switch self {
      case .linear: x
      case .relu: x < 0 ? 0 : x
      case .leakyReLU: x < 0 ? x * 0.25 : x
      case .parametricReLU: x < 0 ? x * Double(Store.slopes(column + 1)[column]) : x
      case .clippedReLU: x <= -10 ? 0.25 * (x + 10) : min(x, 6)
      }
    }
  }

  var description: String {
    "\(rows)x\(columns) in \(panelVectors) vectors, \(segments)x\(depth) deep, bias \(hasBias), "
      + "next panel \(hasNextPanel), \(store), gap \(gap), at the \(edge)"
  }

  init() {}

  /// A case at random; `columns` fill the last vector of the panel at least in part.
  init(_ generator: inout SeededGenerator, lanes: Int) {
    rows = generator.pick([0, 1, 2, 3, 5, 6, 7, 8, 9, 11, 13, 16, 17, 23])
    panelVectors = generator.pick([1, 2])
    columns = Int.random(in: (panelVectors - 1) * lanes + 1...panelVectors * lanes, using: &generator)
    segments = generator.pick([0, 1, 1, 2, 3, 5])
    depth = generator.pick([0, 1, 2, 3, 7, 16, 33])
    hasBias = Bool.random(using: &generator)
    hasNextPanel = Bool.random(using: &generator)
    store = generator.pick(Store.allCases)
    edge = generator.pick([.start, .end])
    gap = generator.pick([0, 0, 1, 5, 40])
  }

  private static func whole(_ generator: inout SeededGenerator) -> Float {
    Float(Int.random(in: -8...8, using: &generator))
  }

  /// Rows and segments at places in an order of their own, sharing nothing, with a number between them that nobody
  /// names.
  private func places(_ generator: inout SeededGenerator) -> (rows: [Int], segments: [Int], count: Int) {
    let segmentStep = depth + 1
    let rowStep = segments * segmentStep
    let rowPlaces = (0..<rows).map { $0 * rowStep }.shuffled(using: &generator)
    let segmentPlaces = (0..<segments).map { $0 * segmentStep }.shuffled(using: &generator)
    // The last number of all is named, so that the one after it lies in the guard.
    return (rowPlaces, segmentPlaces, max(0, rows * rowStep - 1))
  }

  /// What is wrong with the product; nil where nothing is.
  func fault(_ tiles: Tiles, seed: UInt64) -> String? {
    var generator = SeededGenerator(seed: seed)
    let width = panelVectors * tiles.lanes
    let places = places(&generator)
    var numbers = [Float](repeating: .nan, count: places.count)
    for row in places.rows {
      for segment in places.segments {
        for k in 0..<depth { numbers[row + segment + k] = ProductCase.whole(&generator) }
      }
    }
    // Lanes beyond the columns are multiplied, but must not be seen.
    let weights = (0..<segments * depth * width).map {
      $0 % width < columns ? ProductCase.whole(&generator) : Float.nan
    }
    let starts = (0..<columns).map { _ in ProductCase.whole(&generator) }
    let outputStep = columns + gap
    let outputPlaces = (0..<rows).map { $0 * outputStep }.shuffled(using: &generator)
    let output = GuardedBuffer<Float>(count: max(0, rows * outputStep - gap), touching: edge)
    var expected = [Int: Float]()
    for (row, place) in outputPlaces.enumerated() {
      for column in 0..<columns {
        var sum = Double(starts[column])
        if !hasBias {
          output.start[place + column] = ProductCase.whole(&generator)
          sum = Double(output.start[place + column])
        }
        for (segment, from) in places.segments.enumerated() {
          for k in 0..<depth {
            let x = numbers[places.rows[row] + from + k]
            sum += Double(x) * Double(weights[(segment * depth + k) * width + column])
          }
        }
        expected[place + column] = Float(store(sum, column: column))
      }
    }

    ProductOperands(
      input: numbers, inputOffsets: places.rows, segmentOffsets: places.segments, depth: depth, panel: weights,
      panelVectors: panelVectors, columns: columns, outputOffsets: outputPlaces, bias: hasBias ? starts : nil,
      store: store, hasNextPanel: hasNextPanel, edge: edge
    ).multiply(tiles, to: output)
    for index in 0..<output.count {
      guard let expected = expected[index] else {
        guard output.isUnwritten(index) else { return "\(self): wrote between rows, at \(index)" }
        continue
      }
      guard output.start[index] == expected else {
        return "\(self): \(output.start[index]) at \(index), expected \(expected)"
      }
    }
    return output.isCleanBeside ? nil : "\(self): wrote beside the output"
  }
}
