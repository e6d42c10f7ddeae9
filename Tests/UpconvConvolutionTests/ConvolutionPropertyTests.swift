import Testing
import UpconvConvolution
import UpconvKernels
import UpconvSystem
import UpconvTensor
import UpconvTestSupport

/// Random specifications against the definition in double precision.
@Suite struct ConvolutionPropertyTests {
  /// Faults that were found, kept by name, and corners that must stay right.
  static let namedCases: [(name: String, recipe: ConvolutionRecipe)] = [
    ("one pixel through one tap", ConvolutionRecipe()),
    ("stride beyond the kernel", ConvolutionRecipe(width: 3, strideWidth: 5)),
    (
      "dilation and stride without a common divisor",
      ConvolutionRecipe(width: 4, kernelWidth: 3, strideWidth: 3, dilationWidth: 2, padding: .valid)
    ),
    (
      "dilation and stride with a common divisor",
      ConvolutionRecipe(width: 4, kernelWidth: 3, strideWidth: 4, dilationWidth: 2, padding: .valid)
    ),
    ("kernel larger than the image", ConvolutionRecipe(width: 2, kernelHeight: 5, kernelWidth: 9)),
    ("nine output channels, one more than a block", ConvolutionRecipe(width: 5, outputsPerGroup: 9, hasBias: true)),
    (
      "groups with odd tails",
      ConvolutionRecipe(width: 6, inputsPerGroup: 3, outputsPerGroup: 11, groups: 3, kernelWidth: 2, layout: .nchw)
    ),
    (
      "the smallest size that SAME takes",
      ConvolutionRecipe(width: 5, kernelWidth: 4, strideWidth: 3, padding: .same, sizeWidth: 0)
    ),
    (
      "output padding as large as it may be",
      ConvolutionRecipe(width: 3, kernelWidth: 3, strideWidth: 4, padding: .explicit, cropWidth: 1, sizeWidth: 3)
    ),
    (
      // 64 samples to 256, as in the middle of WaveGAN's generator.
      "a line of sound through 25 taps at stride 4",
      ConvolutionRecipe(
        width: 64, inputsPerGroup: 64, outputsPerGroup: 32, kernelWidth: 25, strideWidth: 4, hasBias: true,
        activation: .relu)
    ),
    ("an empty batch", ConvolutionRecipe(batch: 0, height: 2, width: 2)),
  ]

  @Test(arguments: namedCases.indices)
  func `Named cases agree with the definition`(index: Int) throws {
    let (name, recipe) = ConvolutionPropertyTests.namedCases[index]
    #expect(try recipe.fault() == nil, "\(name)")
  }

  @Test(arguments: 0..<40)
  func `Random specifications agree with the definition`(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    for _ in 0..<15 {
      let recipe = ConvolutionRecipe(&generator)
      guard let fault = try recipe.fault() else { continue }
      let smallest = try recipe.shrunk { try $0.fault() != nil }
      Issue.record("seed \(seed): \(fault)\nkeep it as a named case: \(smallest)")
    }
  }

  /// Every way to compute a layer on everything that this machine can run.
  static let ways = Algorithm.allCases.flatMap { algorithm in InstructionSet.available.map { (algorithm, $0) } }

  @Test(arguments: ways.indices)
  func `Every algorithm on every instruction set agrees with the definition`(way: Int) throws {
    let (algorithm, instructionSet) = ConvolutionPropertyTests.ways[way]
    let tiles = try #require(Tiles(instructionSet))
    for (name, recipe) in ConvolutionPropertyTests.namedCases {
      #expect(try recipe.fault(algorithm, tiles) == nil, "\(name): \(algorithm) \(instructionSet)")
    }
    for seed in 0..<300 {
      var generator = SeededGenerator(seed: UInt64(1000 + seed))
      let recipe = ConvolutionRecipe(&generator)
      guard let fault = try recipe.fault(algorithm, tiles) else { continue }
      let smallest = try recipe.shrunk { try $0.fault(algorithm, tiles) != nil }
      Issue.record("\(algorithm) \(instructionSet) seed \(seed): \(fault)\nkeep it as a named case: \(smallest)")
      return
    }
  }

  @Test func `A fault is shrunk to the least that shows it`() throws {
    var generator = SeededGenerator(seed: 7)
    var recipe = ConvolutionRecipe(&generator)
    recipe.outputsPerGroup = 17
    recipe.width = 11
    // As if everything from nine output channels on and four columns were wrong.
    let smallest = recipe.shrunk { $0.outputsPerGroup >= 9 && $0.width >= 4 }
    #expect(smallest == ConvolutionRecipe(width: 4, outputsPerGroup: 9))
  }

  @Test func `The same request gives the same bits with 1, 2, 3 and 16 threads`() throws {
    var generator = SeededGenerator(seed: 99)
    for (batch, layout) in [(1, Layout.nhwc), (3, .nhwc), (5, .nchw)] {
      var operation = TransposedConvolution()
      operation.strides = Spatial(height: 2, width: 2)
      operation.layout = layout
      operation.activation = .tanh
      let input = generator.tensor(layout == .nhwc ? [batch, 19, 17, 24] : [batch, 24, 19, 17])
      let plan = try ConvolutionLayer(
        operation, filters: generator.tensor([5, 5, 21, 24]), bias: generator.tensor([21])
      )
      .plan(inputShape: input.shape)
      let single = try plan.run(input, threads: 1).elements.map(\.bitPattern)
      for threads in [2, 3, 16] {
        #expect(try plan.run(input, threads: threads).elements.map(\.bitPattern) == single)
      }
    }
  }

  @Test func `An infinity and a NaN stay where the kernel carries them`() throws {
    var input = [Float](repeating: 1, count: 25)
    input[12] = .nan
    input[0] = .infinity
    let filters = Tensor(dimensions: [3, 3, 1, 1], elements: [Float](repeating: 1, count: 9))!
    let plan = try ConvolutionLayer(TransposedConvolution(), filters: filters, bias: nil)
      .plan(inputShape: Shape([1, 5, 5, 1], limits: TensorLimits()))
    let output = try plan.run(Tensor(dimensions: [1, 5, 5, 1], elements: input)!).elements
    for y in 0..<5 {
      for x in 0..<5 {
        let meetsNaN = (1...3).contains(y) && (1...3).contains(x)
        let meetsInfinity = y <= 1 && x <= 1
        #expect(output[y * 5 + x].isNaN == meetsNaN)
        #expect(output[y * 5 + x].isInfinite == (meetsInfinity && !meetsNaN))
      }
    }
  }

  @Test(arguments: [[1, 65_536], [65_536, 1]])
  func `A kernel far larger than its image costs only what it multiplies`(kernel: [Int]) throws {
    // Every output meets one tap. Walking all taps for each output would be 2^32 steps.
    let taps = (0..<65_536).map { Float($0) }
    var operation = TransposedConvolution()
    operation.padding = .valid
    let plan = try ConvolutionLayer(
      operation, filters: Tensor(dimensions: kernel + [1, 1], elements: taps)!, bias: nil
    ).plan(inputShape: Shape([1, 1, 1, 1], limits: TensorLimits()))
    #expect(plan.multiplyAdds == 65_536)
    #expect(try plan.run(Tensor(dimensions: [1, 1, 1, 1], elements: [2])!).elements == taps.map { 2 * $0 })
  }

  @Test func `A cancelled run gives nothing`() throws {
    let input = Tensor(dimensions: [1, 2, 2, 1], elements: [1, 2, 3, 4])!
    let plan = try ConvolutionLayer(
      TransposedConvolution(), filters: Tensor(dimensions: [1, 1, 1, 1], elements: [1])!, bias: nil
    ).plan(inputShape: input.shape)
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: ConvolutionRunError.cancelled) { try plan.run(input, cancellation: cancellation) }
  }

  @Test func `An input of another shape than planned is refused`() throws {
    let input = Tensor(dimensions: [1, 2, 2, 1], elements: [1, 2, 3, 4])!
    let plan = try ConvolutionLayer(
      TransposedConvolution(), filters: Tensor(dimensions: [1, 1, 1, 1], elements: [1])!, bias: nil
    ).plan(inputShape: input.shape)
    #expect(throws: ConvolutionRunError.wrongInput(planned: [1, 2, 2, 1], given: [1, 4, 1, 1])) {
      try plan.run(Tensor(dimensions: [1, 4, 1, 1], elements: [1, 2, 3, 4])!)
    }
  }
}

/// A comparison that cannot fail proves nothing.
@Suite struct ComparisonTests {
  @Test func `A wrong element is found`() {
    let expected = [Double](repeating: 1, count: 8)
    let magnitudes = [Double](repeating: 3, count: 8)
    var got = [Float](repeating: 1, count: 8)
    #expect(Comparison.firstFault(got: got, expected: expected, magnitudes: magnitudes) == nil)
    got[5] = 1.000_01
    #expect(Comparison.firstFault(got: got, expected: expected, magnitudes: magnitudes) != nil)
    got[5] = .nan
    #expect(Comparison.firstFault(got: got, expected: expected, magnitudes: magnitudes) != nil)
    #expect(Comparison.firstFault(got: [1], expected: expected, magnitudes: magnitudes) != nil)
  }
}
