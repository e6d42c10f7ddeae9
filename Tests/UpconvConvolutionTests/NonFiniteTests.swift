import Testing
import UpconvConvolution
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

/// NaN, infinity and huge numbers reach just the outputs that the definition gives them.
@Suite struct NonFiniteTests {
  private static let layers: [ConvolutionRecipe] = [
    // Winograd's two taps a phase with tails of panels, and its three and two; few outputs; groups with dilation.
    ConvolutionRecipe(
      batch: 2, height: 5, width: 7, inputsPerGroup: 34, outputsPerGroup: 18, kernelHeight: 4, kernelWidth: 4,
      strideHeight: 2, strideWidth: 2, hasBias: true, activation: .parametricReLU),
    ConvolutionRecipe(
      height: 6, width: 5, inputsPerGroup: 5, outputsPerGroup: 9, groups: 2, kernelHeight: 5, kernelWidth: 5,
      strideHeight: 2, strideWidth: 2, padding: .valid, activation: .relu),
    ConvolutionRecipe(
      height: 7, width: 9, inputsPerGroup: 3, outputsPerGroup: 2, kernelHeight: 3, kernelWidth: 3, hasBias: true,
      activation: .leakyReLU(alpha: 0.5)),
    ConvolutionRecipe(
      height: 4, width: 5, inputsPerGroup: 2, outputsPerGroup: 3, groups: 2, kernelHeight: 3, kernelWidth: 2,
      strideHeight: 2, strideWidth: 3, dilationHeight: 3, dilationWidth: 2, padding: .explicit, cropWidth: 1,
      activation: .tanh),
    // One tap a phase, with a pixel that has no partner.
    ConvolutionRecipe(
      batch: 2, height: 3, width: 5, inputsPerGroup: 34, outputsPerGroup: 18, kernelHeight: 2, kernelWidth: 2,
      strideHeight: 2, strideWidth: 2, activation: .softplus),
    ConvolutionRecipe(
      width: 23, inputsPerGroup: 7, outputsPerGroup: 8, kernelWidth: 12, strideWidth: 4,
      activation: .clippedReLU(slope: 0, threshold: 0, largest: 6)),
  ]

  private static let values: [Float] = [.nan, .infinity, -.infinity, 1e30, -1e30]

  /// What is wrong by any algorithm on any instruction set, and by the planner's own pick.
  private static func expectDefinition(
    _ problem: ConvolutionProblem, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let reference = problem.reference
    let plans =
      try Way.all.map { ("\($0)", try problem.plan($0.algorithm, $0.tiles)) }
      + [("the planner's pick", try problem.plan(nil))]
    for (way, plan) in plans {
      guard let plan else { continue }
      let got = try plan.run(problem.input).elements
      for (index, (got, expected)) in zip(got, reference.outputs).enumerated() {
        let bound = Comparison.relativeBound * reference.magnitudes[index] + Comparison.absoluteBound
        let isRight =
          if expected.isNaN {
            got.isNaN
          } else if expected.isInfinite {
            Double(got) == expected
          } else {
            abs(Double(got) - expected) <= bound
          }
        if !isRight {
          Issue.record("\(what) by \(way): \(got) at \(index), not \(expected)", sourceLocation: sourceLocation)
          break
        }
      }
    }
  }

  /// The tensor with some numbers exchanged.
  private static func changed(_ tensor: Tensor, _ changes: [(index: Int, value: Float)]) -> Tensor {
    var elements = tensor.elements
    for (index, value) in changes { elements[index] = value }
    return Tensor(dimensions: tensor.shape.dimensions, elements: elements)!
  }

  /// The ends and the middle of the first, a middle and the last row: first or last channel.
  private static func places(_ problem: ConvolutionProblem) -> [Int] {
    let layout = problem.operation.layout
    let images = layout.images(problem.input.shape.dimensions)!
    let shape = problem.input.shape.dimensions
    var places: [Int] = []
    for (number, row) in [0, images.height / 2, images.height - 1].enumerated() {
      for (other, column) in [0, images.width / 2, images.width - 1].enumerated() {
        let channel = (number + other) % 2 == 0 ? 0 : images.channels - 1
        let index =
          layout == .nhwc ? [images.batch - 1, row, column, channel] : [images.batch - 1, channel, row, column]
        places.append(zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 })
      }
    }
    return places
  }

  @Test(arguments: layers.indices, Layout.allCases)
  func `One such input reaches its own outputs`(index: Int, layout: Layout) throws {
    var recipe = NonFiniteTests.layers[index]
    recipe.layout = layout
    let problem = recipe.problem()
    for (number, place) in NonFiniteTests.places(problem).enumerated() {
      // Each place meets two values; all values meet all corners over the layers.
      for value in 0..<2 {
        let value = NonFiniteTests.values[(number * 2 + value + index) % NonFiniteTests.values.count]
        var problem = problem
        problem.input = NonFiniteTests.changed(problem.input, [(place, value)])
        try NonFiniteTests.expectDefinition(problem, "\(value) at \(place) of layer \(index) in \(layout)")
      }
    }
  }

  @Test(arguments: layers.indices, Layout.allCases)
  func `Several of them together give what the definition gives`(index: Int, layout: Layout) throws {
    var recipe = NonFiniteTests.layers[index]
    recipe.layout = layout
    let problem = recipe.problem()
    var generator = SeededGenerator(seed: UInt64(index))
    for _ in 0..<4 {
      var problem = problem
      let changes = NonFiniteTests.places(problem).shuffled(using: &generator).prefix(3).map {
        ($0, generator.pick(NonFiniteTests.values))
      }
      problem.input = NonFiniteTests.changed(problem.input, Array(changes))
      // A zero meets an infinity, which makes a NaN.
      problem.filters = NonFiniteTests.changed(
        problem.filters,
        (0..<9).map { _ in (Int.random(in: 0..<problem.filters.shape.elementCount, using: &generator), 0) })
      try NonFiniteTests.expectDefinition(problem, "\(changes) of layer \(index) in \(layout)")
    }
  }

  @Test(arguments: layers.indices, Layout.allCases)
  func `Weights and biases that are not finite give what the definition gives`(index: Int, layout: Layout) throws {
    var recipe = NonFiniteTests.layers[index]
    recipe.layout = layout
    recipe.hasBias = true
    let problem = recipe.problem()
    let weights = problem.filters.shape.elementCount
    for (number, value) in NonFiniteTests.values.enumerated() {
      var filtered = problem
      filtered.filters = NonFiniteTests.changed(problem.filters, [((weights - 1) * number / 4, value)])
      try NonFiniteTests.expectDefinition(filtered, "\(value) in the filters of layer \(index) in \(layout)")
      var biased = problem
      biased.bias = problem.bias.map {
        NonFiniteTests.changed($0, [(($0.shape.elementCount - 1) * number / 4, value)])
      }
      try NonFiniteTests.expectDefinition(biased, "\(value) in the bias of layer \(index) in \(layout)")
    }
  }

  @Test(arguments: layers.indices)
  func `Numbers that are large everywhere stay exact in proportion`(index: Int) throws {
    // Below the magnitude that Winograd's algorithm leaves to the direct way, at it, and beyond.
    var problem = NonFiniteTests.layers[index].problem()
    problem.bias = nil
    problem.operation.activation = .linear
    problem.slopes = nil
    func scaled(_ tensor: Tensor, _ factor: Float) -> Tensor {
      Tensor(dimensions: tensor.shape.dimensions, elements: tensor.elements.map { $0 * factor })!
    }
    for (inputs, weights) in [(0x1p45, 0x1p45), (0x1p47, 1), (1, 0x1p47), (0x1p60, 0x1p60), (0x1p100, 1)] {
      var large = problem
      large.input = scaled(problem.input, Float(inputs))
      large.filters = scaled(problem.filters, Float(weights))
      let reference = large.reference
      for way in Way.all {
        guard let plan = try large.plan(way.algorithm, way.tiles) else { continue }
        let fault = large.firstFault(try plan.run(large.input).elements, by: way.algorithm, reference)
        #expect(fault == nil, "inputs times \(inputs) and weights times \(weights) by \(way)")
      }
    }
  }
}
