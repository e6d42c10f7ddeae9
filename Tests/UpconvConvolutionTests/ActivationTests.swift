import Glibc
import Testing
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

@testable import UpconvConvolution

/// The vector code of every activation against double precision, on every instruction set.
///
/// `UPCONV_ACTIVATION_STEP=1` tests all 2^32 bit patterns, which takes minutes for each function; `=15` tests each 15th.
@Suite struct ActivationTests {
  static let all: [Activation] = [
    .linear, .relu, .leakyReLU(alpha: 0.3), .sigmoid, .tanh, .clippedReLU(slope: 0, threshold: 0, largest: 6),
    .clippedReLU(slope: 0.1, threshold: 1.5, largest: 7), .elu(alpha: 1), .elu(alpha: 1.7), .selu, .gelu,
    .approximateGELU, .silu, .softplus, .softsign, .exponential, .hardSigmoid(slope: 1 / 6), .hardSigmoid(slope: 0.2),
  ]

  /// The function in double precision, written so that nothing cancels out or overflows on the way.
  private static func reference(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .elu(let alpha): x >= 0 || x.isNaN ? x : Double(alpha) * expm1(x)
    case .selu: 1.0507009873554805 * (x >= 0 || x.isNaN ? x : 1.6732632423543772 * expm1(x))
    case .gelu: x == -.infinity ? -0.0 : 0.5 * x * erfc(-x * 0.5.squareRoot())
    case .approximateGELU:
      // Beyond, cubes would overflow.
      abs(x) > 1e5 ? max(x, -0.0) : x / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .silu: x == -.infinity ? -0.0 : x / (1 + exp(-x))
    case .softplus: x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
    case .clippedReLU(let slope, let threshold, let largest):
      x <= Double(threshold)
        ? slope == 0 ? 0 : Double(slope) * (x - Double(threshold)) : x > Double(largest) ? Double(largest) : x
    case .hardSigmoid(let slope):
      x.isNaN ? x : min(1, max(0, Double(slope) * x + 0.5))
    default: GatherReference.activate(x, activation)
    }
  }

  /// How far a result is off, in units of the last place that the exact one has as a Float.
  private static func ulps(_ got: Float, _ exact: Double) -> Double {
    if exact.isNaN || got.isNaN { return exact.isNaN && got.isNaN ? 0 : .infinity }
    let nearest = Float(exact)
    if nearest.isInfinite || got.isInfinite { return got == nearest ? 0 : .infinity }
    let unit = max(exact.binade == 0 ? 0 : abs(exact).binade * 0x1p-23, 0x1p-149)
    return abs(Double(got) - exact) / unit
  }

  /// Every exponent with some mantissas, and all numbers around those where a function changes its form.
  private static let patterns: [UInt32] = {
    let turns: [Float] = [
      0, 1, 1.5, 6, 7, -1, -2.5, -3, 0.3466, -0.3466, 9.01, -9.02, 10, -14.4, -15, -16, -10.7, 16.6, -17.3, 88.72284,
      88.8, -87.33655, -103.97208, -104.5, -120, 120, 100, -40, 0x1p60, -0x1p60,
    ]
    #if DEBUG
      let (near, step) = (UInt32(200), 199_999)
    #else
      let (near, step) = (UInt32(1000), 9_973)
    #endif
    let around = turns.flatMap { turn in (0...2 * near).map { turn.bitPattern &+ $0 &- near } }
    let all = stride(from: 0, through: Int(UInt32.max), by: step).map { UInt32($0) }
    return around + all + special.map(\.bitPattern)
  }()

  private static let special: [Float] = [
    0, -0.0, .infinity, -.infinity, .nan, -.nan, .signalingNaN, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
    .leastNormalMagnitude, -.leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
  ]

  private static func apply(_ activation: Activation, _ numbers: [Float], _ tiles: Tiles) -> [Float] {
    var numbers = numbers
    numbers.withUnsafeMutableBufferPointer { activation.apply($0, tiles: tiles) }
    return numbers
  }

  @Test(arguments: all)
  func `The error is at most 0.75 units in the last place, subnormal results included`(activation: Activation) throws {
    let step = getenv("UPCONV_ACTIVATION_STEP").flatMap { UInt64(String(cString: $0)) }
    // As many at a time as fit the cache.
    var next: UInt64 = 0
    var worst = [Double](repeating: 0, count: InstructionSet.available.count)
    repeat {
      var patterns = ActivationTests.patterns
      if let step {
        patterns = []
        while patterns.count < 1 << 16, next < 1 << 32 {
          patterns.append(UInt32(next))
          next += max(1, step)
        }
      }
      let numbers = patterns.map(Float.init(bitPattern:))
      let exact = numbers.map { ActivationTests.reference(activation, Double($0)) }
      for (index, set) in InstructionSet.available.enumerated() {
        let got = ActivationTests.apply(activation, numbers, try #require(Tiles(set)))
        for place in got.indices {
          let error = ActivationTests.ulps(got[place], exact[place])
          worst[index] = max(worst[index], error)
          if error > 0.75 {
            Issue.record("\(activation)(\(numbers[place])) is \(got[place]) and not \(exact[place]) on \(set)")
            return
          }
        }
      }
    } while step != nil && next < 1 << 32
    if step != nil { print("\(activation): \(worst) units in the last place on \(InstructionSet.available)") }
  }

  @Test(arguments: InstructionSet.available, all)
  func `Zeros, infinities and NaNs give what the function says`(set: InstructionSet, activation: Activation) throws {
    let tiles = try #require(Tiles(set))
    let got = ActivationTests.apply(activation, [-0.0, .infinity, -.infinity, .nan], tiles)
    #expect(got[3].isNaN)
    // Those that are 0 at 0 keep its sign, but for relu6, which gives no negative zero.
    let isClipped = if case .clippedReLU = activation { true } else { false }
    let atZero = ActivationTests.reference(activation, -0.0)
    #expect(got[0] == Float(atZero))
    if atZero == 0, !isClipped { #expect(got[0].sign == .minus) }
    for (got, x) in [(got[1], Double.infinity), (got[2], -.infinity)] {
      #expect(got == Float(ActivationTests.reference(activation, x)), "at \(x)")
    }
  }

  @Test(arguments: InstructionSet.available, all)
  func `A number gives the same bits wherever it stands, and nothing else is touched`(
    set: InstructionSet, activation: Activation
  ) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: 3)
    let numbers = (0..<40).map { _ in Float.random(in: -20...20, using: &generator) } + ActivationTests.special
    let alone = numbers.map { ActivationTests.apply(activation, [$0], tiles)[0] }
    for count in 1...numbers.count {
      let first = generator.next() % UInt64(numbers.count - count + 1)
      let places = Int(first)..<Int(first) + count
      for edge in GuardedBuffer<Float>.Edge.allCases {
        let line = GuardedBuffer<Float>(count: count, touching: edge)
        for (index, place) in places.enumerated() { line.start[index] = numbers[place] }
        activation.apply(UnsafeMutableBufferPointer(start: line.start, count: count), tiles: tiles)
        // Which NaN comes of a NaN depends on the order of operands, which compilers may change (IEEE 754 §6.2).
        let isSame = zip(line.elements, alone[places]).allSatisfy {
          $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN
        }
        #expect(isSame && line.isCleanBeside, "\(count) numbers at the \(edge)")
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `A parametric ReLU has a slope for each column`(set: InstructionSet) throws {
    let tiles = try #require(Tiles(set))
    var generator = SeededGenerator(seed: 4)
    for columns in [1, 2, 3, 7, 8, 15, 16, 17, 33] {
      for rows in [0, 1, 2, 5] {
        let numbers = generator.tensor([rows * columns + 1]).elements.dropLast()
        let slopes = generator.tensor([columns]).elements
        var got = Array(numbers)
        got.withUnsafeMutableBufferPointer { got in
          slopes.withUnsafeBufferPointer { Activation.parametricReLU.apply(got, slopes: $0, tiles: tiles) }
        }
        #expect(got == numbers.enumerated().map { $1 < 0 ? $1 * slopes[$0 % columns] : $1 })
      }
    }
  }

  @Test func `Many numbers are shared by threads, to the same bits`() {
    var generator = SeededGenerator(seed: 5)
    let numbers = generator.tensor([100_001]).elements
    let slopes = generator.tensor([11]).elements
    for activation in [Activation.tanh, .relu, .parametricReLU] {
      let results = [1, 2, 3].map { threads in
        var numbers = numbers
        numbers.withUnsafeMutableBufferPointer { numbers in
          slopes.withUnsafeBufferPointer {
            activation.apply(numbers, slopes: activation == .parametricReLU ? $0 : nil, threads: threads)
          }
        }
        return numbers.map(\.bitPattern)
      }
      #expect(results[1] == results[0] && results[2] == results[0] && results[0] != numbers.map(\.bitPattern))
    }
  }

  @Test(arguments: all + [.parametricReLU], Layout.allCases)
  func `Every algorithm applies every activation as it stores`(activation: Activation, layout: Layout) throws {
    // Two groups and a merged row; pixels for few outputs; Winograd's and Strassen's; panels with an empty part.
    for var recipe in [
      ConvolutionRecipe(
        height: 3, width: 5, inputsPerGroup: 34, outputsPerGroup: 18, kernelHeight: 2, kernelWidth: 2, strideHeight: 2,
        strideWidth: 2, hasBias: true),
      ConvolutionRecipe(
        batch: 2, height: 4, width: 4, inputsPerGroup: 3, outputsPerGroup: 3, kernelHeight: 4, kernelWidth: 4,
        strideHeight: 2, strideWidth: 2),
      ConvolutionRecipe(
        height: 4, width: 3, inputsPerGroup: 5, outputsPerGroup: 9, groups: 2, kernelHeight: 3, kernelWidth: 3),
    ] {
      recipe.layout = layout
      var problem = recipe.problem()
      let sums = problem.reference
      problem.operation.activation = activation
      if activation == .parametricReLU {
        var generator = SeededGenerator(seed: 6)
        problem.slopes = generator.tensor([recipe.outputsPerGroup * recipe.groups])
      }
      for way in Way.all {
        guard let plan = try problem.plan(way.algorithm, way.tiles) else { continue }
        problem.operation.activation = .linear
        let slopes = problem.slopes
        problem.slopes = nil
        let linear = try #require(try problem.plan(way.algorithm, way.tiles)).run(problem.input).elements
        problem.operation.activation = activation
        problem.slopes = slopes
        let channels = recipe.outputsPerGroup * recipe.groups
        let plane = sums.dimensions[2] * (layout == .nchw ? sums.dimensions[3] : sums.dimensions[1])
        var expected = ActivationTests.apply(activation, linear, way.tiles)
        if let slopes = slopes?.elements {
          expected = linear.enumerated().map { index, x in
            x < 0 ? x * slopes[layout == .nhwc ? index % channels : index / plane % channels] : x
          }
        }
        // The same sums and the same function: the same bits.
        let got = try plan.run(problem.input).elements
        #expect(got.map(\.bitPattern) == expected.map(\.bitPattern), "\(way)")
      }
    }
  }

  @Test func `Slopes must be there for a parametric ReLU, one for each output channel, and for nothing else`() throws {
    let filters = Tensor(dimensions: [1, 1, 3, 2], elements: [Float](repeating: 1, count: 6))!
    func layer(_ activation: Activation, slopes: Int?) throws {
      var operation = TransposedConvolution()
      operation.activation = activation
      _ = try ConvolutionLayer(
        operation, filters: filters, bias: nil,
        slopes: slopes.map { Tensor(dimensions: [$0], elements: [Float](repeating: 1, count: $0))! })
    }
    #expect(throws: GeometryError.slopesShape(shape: nil, expected: [3])) { try layer(.parametricReLU, slopes: nil) }
    #expect(throws: GeometryError.slopesShape(shape: [2], expected: [3])) { try layer(.parametricReLU, slopes: 2) }
    #expect(throws: GeometryError.slopesShape(shape: [3], expected: nil)) { try layer(.relu, slopes: 3) }
    try layer(.parametricReLU, slopes: 3)
  }

  @Test func `An activation counts in the estimates, and may change the pick`() throws {
    func estimate(_ activation: Activation) throws -> PlanChoice {
      var recipe = ConvolutionRecipe(
        height: 64, width: 64, inputsPerGroup: 8, outputsPerGroup: 3, kernelHeight: 4, kernelWidth: 4, strideHeight: 2,
        strideWidth: 2)
      recipe.activation = activation
      return try #require(try recipe.problem().plan(nil, .current)).choice
    }
    let (linear, relu, gelu) = (try estimate(.linear), try estimate(.relu), try estimate(.gelu))
    #expect(relu.nanoseconds == linear.nanoseconds)
    for (with, without) in zip(gelu.estimates, linear.estimates) {
      #expect(with.nanoseconds > without.nanoseconds, "\(with.algorithm)")
    }
  }
}
