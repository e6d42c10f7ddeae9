import Testing
import UpconvConvolution
import UpconvKernels
import UpconvTestSupport

/// Whole layers in memory where a step beyond the end is a crash and a stale number is a NaN.
@Suite struct GuardedRunTests {
  /// - Parameter runs: counts what was computed, since layers that an algorithm refuses prove nothing.
  private static func check(
    _ recipe: ConvolutionRecipe, _ runs: inout [Algorithm: Int], _ name: String = "a random layer"
  ) throws {
    let problem = recipe.problem()
    let reference = problem.reference
    for (index, way) in Way.all.enumerated() {
      guard let plan = try problem.plan(way.algorithm, way.tiles) else { continue }
      let run = GuardedRun(plan, problem.input, touching: index % 2 == 0 ? .end : .start)
      let fault = run.fault ?? problem.firstFault(run.output, by: way.algorithm, reference)
      if let fault { Issue.record("\(name), \(way): \(fault)\n\(recipe)") }
      runs[way.algorithm, default: 0] += 1
    }
  }

  @Test(arguments: 0..<8)
  func `Units write every output once and nothing else`(part: Int) throws {
    var runs = [Algorithm: Int]()
    for seed in 0..<40 {
      var generator = SeededGenerator(seed: UInt64(5000 + part * 40 + seed))
      try GuardedRunTests.check(ConvolutionRecipe(&generator), &runs)
    }
    var generator = SeededGenerator(seed: UInt64(5500 + part))
    for _ in 0..<4 { try GuardedRunTests.check(ConvolutionRecipe(oneTap: &generator), &runs) }
    for algorithm in Algorithm.allCases { #expect(runs[algorithm, default: 0] > 0, "\(algorithm)") }
  }

  @Test(arguments: 0..<8)
  func `Wide layers too, whose last vectors are partly filled`(part: Int) throws {
    var runs = [Algorithm: Int]()
    for seed in 0..<6 {
      var generator = SeededGenerator(seed: UInt64(6000 + part * 6 + seed))
      var recipe = ConvolutionRecipe(wide: &generator)
      if seed == 0 {
        // One that every algorithm takes but Strassen's, which has the one after it.
        (recipe.groups, recipe.layout, recipe.padding, recipe.sizeWidth) = (1, .nhwc, .same, .max)
        (recipe.kernelWidth, recipe.strideWidth) = (3 + part % 3, 2)
      }
      try GuardedRunTests.check(seed == 1 ? ConvolutionRecipe(oneTap: &generator) : recipe, &runs)
    }
    for algorithm in Algorithm.allCases { #expect(runs[algorithm, default: 0] > 0, "\(algorithm)") }
  }

  @Test func `Named cases too`() throws {
    var runs = [Algorithm: Int]()
    for (name, recipe) in ConvolutionPropertyTests.namedCases {
      try GuardedRunTests.check(recipe, &runs, name)
    }
  }

  @Test(arguments: Layout.allCases)
  func `Layers of many units too`(layout: Layout) throws {
    // Large enough for several units of part of an image, and of part of the batch.
    var runs = [Algorithm: Int]()
    for recipe in [
      ConvolutionRecipe(
        height: 21, width: 40, inputsPerGroup: 9, outputsPerGroup: 5, kernelHeight: 4, kernelWidth: 4,
        strideHeight: 2, strideWidth: 2, hasBias: true, layout: layout),
      ConvolutionRecipe(
        batch: 5, height: 9, width: 9, inputsPerGroup: 10, outputsPerGroup: 9, kernelHeight: 5, kernelWidth: 5,
        strideHeight: 2, strideWidth: 2, layout: layout, activation: .parametricReLU),
      ConvolutionRecipe(
        batch: 2, height: 2, width: 2, inputsPerGroup: 70, outputsPerGroup: 66, kernelHeight: 8, kernelWidth: 9,
        strideHeight: 3, strideWidth: 3, hasBias: true, layout: layout, activation: .relu),
      ConvolutionRecipe(
        height: 15, width: 21, inputsPerGroup: 34, outputsPerGroup: 40, kernelHeight: 2, kernelWidth: 2,
        strideHeight: 2, strideWidth: 2, hasBias: true, layout: layout, activation: .tanh),
    ] {
      try GuardedRunTests.check(recipe, &runs)
    }
    // Planes have no neighbours of all phases to be stored as one.
    for algorithm in Algorithm.allCases where algorithm != .rows || layout == .nhwc {
      #expect(runs[algorithm, default: 0] > 0, "\(algorithm)")
    }
  }
}
