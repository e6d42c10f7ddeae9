import UpconvKernels

/// What an algorithm is estimated to cost: the one place where algorithms are weighed against each other.
///
/// All costs are one thread's cycles for one image, at three cycles a nanosecond: the pick must not depend on how many
/// images come together.
///
/// - A product of M rows, N columns and K products each, in S segments, runs in tiles of six rows and two vectors
///   or eight rows and one: two multiply-adds a cycle (one vector alone keeps them four fifths busy), and for each
///   tile the start, the stores and the pointers of each segment.
/// - A product along a row of pixels has two multiply-adds a cycle too, and for each vector of sums its way from memory
///   and back.
/// - An activation costs as many multiply-adds an element as `Activation.multiplyAdds` says.
/// - Everything else is moving numbers: copying a band of input, turning pixels into lines, transforming tiles, storing
///   outputs; each costs so many cycles a number.
///
/// The constants were fitted to `upconv bench kernel` on a Zen 3 core with AVX2, quiet, on 2026-11-23; with other
/// vectors the same cycles move more or fewer numbers. Estimates need to order the algorithms, not to be right.
struct CostModel {
  private let size: LayerAtSize
  private let lanes: Double

  private enum Cycles {
    static let perTile = 30.0
    static let perSegmentOfTile = 7.0
    /// Rows of a product are cut into tiles by a call; what a call costs besides.
    static let perProduct = 25.0
    /// Sums along a row of pixels: they come from memory and go there.
    static let perVectorOfSums = 3.0
    static let perRun = 1200.0
    /// For each product of a sum that is taken in runs.
    static let perRunOfProduct = 0.03
    // For each number, with vectors of eight.
    static let copy = 0.25
    static let transpose = 1.2
    static let transform = 0.9
    static let turn = 0.5
    static let store = 0.5
    /// For each number of the packed filters, which come from memory once for a few images: the many that a few more
    /// points ask for must be worth it.
    static let packed = 0.05
    // For each number, whatever the vectors.
    static let interleave = 0.5
    // The direct way.
    static let perMultiplyAdd = 0.6
    static let perBlockOfPixel = 80.0
  }

  init(_ size: LayerAtSize) {
    self.size = size
    lanes = Double(size.tiles.lanes)
  }

  /// - Returns: infinity if the algorithm cannot compute the layer.
  func nanoseconds(_ algorithm: Algorithm) -> Double {
    let cycles =
      switch algorithm {
      case .direct: direct
      case .phases: phases
      case .rows: rows
      case .pixels: pixels
      case .winograd: winograd
      case .strassen: strassen
      }
    return ((cycles + activation(algorithm)) * Double(size.geometry.input.batch) + Cycles.perRun) / 3
  }

  /// The activation of all outputs: two vectors of multiply-adds are a cycle. Pixels that are neighbours in memory fill
  /// vectors together; the others fill their last one in part.
  private func activation(_ algorithm: Algorithm) -> Double {
    let each = size.layer.operation.activation.multiplyAdds
    guard each > 0 else { return 0 }
    let isDense =
      switch algorithm {
      case .direct: false
      case .phases, .winograd, .strassen:
        size.columns.stride == 1 && (groups == 1 || size.layer.operation.layout == .nchw)
      case .rows, .pixels: true
      }
    let numbers = isDense ? outputElements : outputPixels * groups * (outputs / lanes).rounded(.up) * lanes
    return numbers * each / (2 * lanes)
  }

  // Sizes as numbers to calculate with.
  private var inputs: Double { Double(size.filters.inputsPerGroup) }
  private var outputs: Double { Double(size.filters.outputsPerGroup) }
  private var groups: Double { Double(size.filters.groups) }
  private var inputElements: Double {
    let input = size.geometry.input
    return Double(input.height) * Double(input.width) * Double(input.channels)
  }
  private var outputPixels: Double {
    Double(size.geometry.output.height) * Double(size.geometry.output.width)
  }
  private var outputElements: Double { outputPixels * outputs * groups }
  /// Cycles for numbers that are moved in vectors.
  private func moving(_ count: Double, _ cycles: Double) -> Double { count * cycles * 8 / lanes }

  private func product(rows: Double, columns: Double, depth: Double, segments: Double) -> Double {
    let overhead = Cycles.perTile + Cycles.perSegmentOfTile * segments
    let panels = (columns / (2 * lanes)).rounded(.down)
    let rest = columns - panels * 2 * lanes
    let wide = panels + (rest > lanes ? 1 : 0)
    let narrow = rest > 0 && rest <= lanes ? 1.0 : 0
    // Partly filled vectors are stored in pieces where there are no masks.
    let pieces = rest.truncatingRemainder(dividingBy: lanes) == 0 || lanes > 4 ? 0 : 6.0
    return wide * rows * (depth + overhead / 6) + narrow * rows * (depth * 0.62 + overhead / 8) + rows * pieces
  }

  private var direct: Double {
    let blocks = (outputs / 8).rounded(.up) * groups
    return Double(size.multiplyAddsPerImage) * Cycles.perMultiplyAdd + outputPixels * blocks * Cycles.perBlockOfPixel
  }

  /// The products of one part of every row of an image.
  /// - Parameters:
  ///   - channels: columns of the products.
  ///   - taps: kernel columns.
  ///   - pixels: of a row.
  func partOfRow(channels: Int, taps: Int, pixels: Int) -> Double {
    var cycles = 0.0
    for row in size.rows.phases {
      cycles +=
        product(
          rows: Double(row.count * pixels), columns: Double(channels), depth: Double(row.taps.count * taps) * inputs,
          segments: Double(row.taps.count)) + Cycles.perProduct
    }
    return cycles
  }

  private var phases: Double {
    let cycles = size.parts.parts.reduce(0) {
      $0 + partOfRow(channels: $1.channels, taps: $1.phase.taps.count, pixels: $1.phase.count)
    }
    return groups * cycles + moving(inputElements, Cycles.copy) + moving(outputElements, Cycles.store) + layoutChange
  }

  private var rows: Double {
    guard let merge = size.merge else { return .infinity }
    return merge.cost + moving(inputElements, Cycles.copy) + moving(outputElements, Cycles.store)
  }

  private var pixels: Double {
    let (input, kernel) = (size.geometry.input, size.filters.kernel)
    let vectors = (Double(size.columns.longestPhase) / lanes).rounded(.up)
    let filterRows = Double(kernel.height * kernel.width) * outputs
    let products = filterRows * vectors * (inputs / 2 + Cycles.perVectorOfSums)
    return groups * Double(input.height) * (products + Cycles.perProduct * 4) + moving(inputElements, Cycles.turn)
      + outputElements * Cycles.interleave
  }

  private var winograd: Double { winograd(winogradLimits) }

  /// The points along an axis with which Winograd's algorithm is cheapest; of equal ones the fewest.
  var winogradLimits: WinogradPointLimits {
    WinogradPointLimits.choices(inputsPerGroup: size.filters.inputsPerGroup)
      .min { winograd($0) < winograd($1) } ?? .four
  }

  private func winograd(_ limits: WinogradPointLimits) -> Double {
    let (rows, columns) = (size.rows, size.columns)
    guard
      let y = WinogradAxis.tilings(rows, tiledCount: rows.longestPhase, limits: limits),
      let x = WinogradAxis.tilings(columns, tiledCount: columns.longestPhase, limits: limits)
    else { return .infinity }
    var cycles = 0.0
    var packed = 0.0
    var transformed: [[Int]] = []
    for row in y {
      for column in x {
        let tiles = Double(row.tiles(row.count) * column.tiles(column.count))
        let points = Double(row.points * column.points)
        cycles += points * product(rows: tiles, columns: outputs, depth: inputs, segments: 1)
        cycles += moving(points * tiles * outputs, Cycles.transform)
        packed += points * inputs * outputs
        let input = [row.firstTileInput, row.points, row.outputs, column.firstTileInput, column.points, column.outputs]
        if !transformed.contains(input) {
          transformed.append(input)
          cycles += moving(points * tiles * inputs, Cycles.transform)
        }
      }
    }
    cycles += packed * Cycles.packed
    return groups * cycles + moving(inputElements, Cycles.copy) + layoutChange
  }

  /// Seven products of half the depth for pairs of pixels and of kernel rows. Sums of runs go to memory and back, and
  /// the left factors are twice as many numbers as the input.
  private var strassen: Double {
    let (input, kernel) = (size.geometry.input, size.filters.kernel)
    let pairs = Double(input.height * ((input.width + 1) / 2))
    let products = Double(kernel.height / 2 * kernel.width * StrassenFilters.factors)
    let cycles =
      products
      * product(rows: pairs, columns: outputs, depth: inputs / 2 * (1 + Cycles.perRunOfProduct), segments: 1)
    let moved = moving(inputElements * 2, Cycles.copy) + moving(outputElements, Cycles.store)
    return groups * cycles + moved + layoutChange
  }

  /// Bands are turned over from planes and into planes.
  private var layoutChange: Double {
    size.layer.operation.layout == .nhwc ? 0 : moving(inputElements + outputElements, Cycles.transpose)
  }
}
