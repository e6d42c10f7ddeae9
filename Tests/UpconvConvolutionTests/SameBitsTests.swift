import Testing
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

@testable import UpconvConvolution

/// Bits depend on the layer, the image and the instruction set: not on threads, and not on who else is in the batch.
@Suite struct SameBitsTests {
  /// Layers of several units, each with a batch.
  private static let large: [ConvolutionRecipe] = [
    // A DCGAN layer with odd sizes, a 5x5 kernel of unlike phases, one image channel, three taps a phase.
    layer(33, 31, 40, 24, kernel: 4, stride: 2), layer(27, 29, 33, 17, kernel: 5, stride: 2, batch: 3),
    layer(64, 49, 16, 1, kernel: 4, stride: 2, batch: 2), layer(30, 30, 34, 18, kernel: 9, stride: 3),
    layer(31, 33, 36, 20, kernel: 3, stride: 1), layer(35, 37, 48, 20, kernel: 2, stride: 2),
    layer(8, 8, 64, 48, kernel: 4, stride: 2, batch: 16),
    // A line: rows and columns are exchanged.
    ConvolutionRecipe(
      width: 700, inputsPerGroup: 33, outputsPerGroup: 18, kernelWidth: 25, strideWidth: 4, hasBias: true),
  ]

  private static func layer(
    _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int, batch: Int = 1
  ) -> ConvolutionRecipe {
    ConvolutionRecipe(
      batch: batch, height: height, width: width, inputsPerGroup: inputs, outputsPerGroup: outputs,
      kernelHeight: kernel, kernelWidth: kernel, strideHeight: stride, strideWidth: stride, hasBias: true,
      activation: .tanh)
  }

  /// The direct way does channel by channel what it does, so that few show what many would, in a tenth of the time.
  private static func affordable(_ recipe: ConvolutionRecipe, _ algorithm: Algorithm?) -> ConvolutionRecipe {
    guard algorithm == .direct else { return recipe }
    var narrow = recipe
    narrow.inputsPerGroup = min(4, recipe.inputsPerGroup)
    narrow.outputsPerGroup = min(9, recipe.outputsPerGroup)
    return narrow
  }

  @Test(.optimizedOnly, arguments: large.indices, Layout.allCases)
  func `Any number of threads gives the same bits`(index: Int, layout: Layout) throws {
    var recipe = SameBitsTests.large[index]
    recipe.layout = layout
    for algorithm in Algorithm.allCases {
      let problem = SameBitsTests.affordable(recipe, algorithm).problem()
      guard let plan = try problem.plan(algorithm) else { continue }
      #expect(plan.schedule.unitCount > 1, "\(algorithm)")
      #expect(!plan.isShort, "\(algorithm): never shared")
      let single = try plan.run(problem.input, threads: 1).elements.map(\.bitPattern)
      for threads in [2, 3, 16] {
        let shared = try plan.run(problem.input, threads: threads).elements.map(\.bitPattern)
        #expect(shared == single, "\(algorithm) with \(threads) threads")
      }
    }
  }

  /// Of sizes that are taken several at a time, one at a time and in parts, and of work on both sides of what is worth
  /// sharing.
  private static let images: [ConvolutionRecipe] = [
    layer(1, 1, 40, 24, kernel: 4, stride: 2), layer(4, 4, 40, 24, kernel: 4, stride: 2),
    layer(8, 8, 33, 17, kernel: 5, stride: 2), layer(17, 16, 33, 17, kernel: 4, stride: 2),
    layer(28, 28, 6, 4, kernel: 4, stride: 2), layer(28, 28, 2, 4, kernel: 2, stride: 1),
    layer(33, 31, 8, 16, kernel: 3, stride: 1), layer(32, 32, 32, 16, kernel: 2, stride: 2),
    layer(40, 40, 4, 1, kernel: 5, stride: 2), layer(9, 70, 3, 3, kernel: 9, stride: 3),
    layer(29, 29, 32, 16, kernel: 2, stride: 1),
    ConvolutionRecipe(
      width: 700, inputsPerGroup: 5, outputsPerGroup: 18, kernelWidth: 12, strideWidth: 4, hasBias: true),
  ]

  /// The bits of each image of a batch, and of the same images one by one.
  private func expectSameAlone(
    _ recipe: ConvolutionRecipe, _ algorithm: Algorithm?, _ batch: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var recipe = SameBitsTests.affordable(recipe, algorithm)
    recipe.batch = batch
    let problem = recipe.problem()
    guard let whole = try problem.plan(algorithm) else { return }
    let together = try whole.run(problem.input, threads: 2).elements
    var differing: [Int] = []
    let (images, count) = (problem.input.elements, problem.input.shape.elementCount / batch)
    for image in 0..<batch {
      var single = problem
      var dimensions = problem.input.shape.dimensions
      dimensions[0] = 1
      single.input = try #require(
        Tensor(dimensions: dimensions, elements: Array(images[image * count..<(image + 1) * count])))
      single.operation.outputShape?.batch = 1
      let plan = try #require(try single.plan(algorithm))
      #expect(plan.algorithm == whole.algorithm, "in a batch of \(batch)", sourceLocation: sourceLocation)
      let alone = try plan.run(single.input).elements
      let share = together.count / batch
      if !together[image * share..<(image + 1) * share].elementsEqual(alone, by: { $0.bitPattern == $1.bitPattern }) {
        differing.append(image)
      }
    }
    #expect(
      differing.isEmpty, "images \(differing) of \(batch) by \(whole.algorithm): \(recipe)",
      sourceLocation: sourceLocation)
  }

  @Test(.optimizedOnly, arguments: images.indices, Layout.allCases)
  func `An image's bits are the same alone and in any batch`(index: Int, layout: Layout) throws {
    var recipe = SameBitsTests.images[index]
    recipe.layout = layout
    for algorithm in [nil] + Algorithm.allCases.map(Optional.some) {
      for batch in [2, 7] { try expectSameAlone(recipe, algorithm, batch) }
    }
  }

  @Test(.optimizedOnly, arguments: Layout.allCases)
  func `Cutting a batch's images for more threads keeps their bits`(layout: Layout) throws {
    // Alone, such an image is too little work to be shared; were it cut into more units in a batch, Winograd's tiles
    // would begin anew with each.
    for var recipe in [
      SameBitsTests.layer(70, 30, 2, 2, kernel: 4, stride: 2),
      SameBitsTests.layer(75, 28, 3, 2, kernel: 5, stride: 2),
    ] {
      recipe.layout = layout
      for algorithm in Algorithm.allCases { try expectSameAlone(recipe, algorithm, 7) }
    }
  }

  @Test func `The planner's pick does not depend on the batch`() throws {
    var generator = SeededGenerator(seed: 21)
    for _ in 0..<300 {
      var recipe = ConvolutionRecipe()
      recipe.height = generator.pick([1, 2, 3, 4, 8, 16])
      recipe.width = generator.pick([1, 2, 3, 4, 8, 16])
      recipe.inputsPerGroup = generator.pick([1, 3, 8, 16, 32, 48])
      recipe.outputsPerGroup = generator.pick([1, 2, 3, 4, 8, 16, 24])
      recipe.kernelHeight = generator.pick([1, 2, 3, 4, 5])
      recipe.kernelWidth = recipe.kernelHeight
      recipe.strideHeight = generator.pick([1, 2, 3])
      recipe.strideWidth = recipe.strideHeight
      recipe.layout = generator.pick(Layout.allCases)
      let picks = try [1, 2, 7, 64].map { batch in
        recipe.batch = batch
        return try #require(try recipe.problem().plan(nil)).algorithm
      }
      #expect(Set(picks).count == 1, "batches of 1, 2, 7, 64 take \(picks): \(recipe)")
    }
  }
}
