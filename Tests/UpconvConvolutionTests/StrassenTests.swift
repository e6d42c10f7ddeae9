import Testing
import UpconvConvolution
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

/// Layers whose outputs meet one tap each, by Strassen's seven products for eight.
@Suite struct StrassenTests {
  @Test(arguments: 0..<12)
  func `Layers of one tap agree with the definition on every instruction set`(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    for _ in 0..<6 {
      let recipe = ConvolutionRecipe(oneTap: &generator)
      let problem = recipe.problem()
      let reference = problem.reference
      for set in InstructionSet.available {
        let tiles = try #require(Tiles(set))
        let plan = try #require(try problem.plan(.strassen, tiles), "\(recipe)")
        let fault = problem.firstFault(try plan.run(problem.input).elements, by: .strassen, reference)
        #expect(fault == nil, "\(set): \(recipe)")
      }
    }
  }

  @Test(arguments: Layout.allCases)
  func `Channels are taken in several blocks`(layout: Layout) throws {
    // 3 blocks of 2 × 87 channels or so, an odd width, a last vector that is partly filled.
    let recipe = ConvolutionRecipe(
      batch: 2, height: 3, width: 5, inputsPerGroup: 522, outputsPerGroup: 37, kernelHeight: 2, kernelWidth: 2,
      strideHeight: 2, strideWidth: 2, hasBias: true, layout: layout, activation: .leakyReLU(alpha: 0.3))
    let problem = recipe.problem()
    let plan = try #require(try problem.plan(.strassen))
    let fault = problem.firstFault(try plan.run(problem.input).elements, by: .strassen, problem.reference)
    #expect(fault == nil)
  }

  @Test func `It takes what has one tap a phase in pairs, and nothing else`() throws {
    let taken = ConvolutionRecipe(
      height: 4, width: 5, inputsPerGroup: 6, outputsPerGroup: 3, kernelHeight: 2, kernelWidth: 3, strideHeight: 2,
      strideWidth: 3, padding: .valid, sizeHeight: 0, sizeWidth: 0)
    #expect(try taken.problem().plan(.strassen) != nil)
    let changes: [(String, (inout ConvolutionRecipe) -> Void)] = [
      ("an odd number of kernel rows", { ($0.kernelHeight, $0.strideHeight) = (3, 3) }),
      ("an odd number of channels", { $0.inputsPerGroup = 5 }),
      ("a kernel beyond the stride", { $0.kernelWidth = 4 }),
      ("a stride beyond the kernel", { $0.kernelWidth = 2 }),
      ("dilation", { ($0.dilationWidth, $0.kernelWidth) = (2, 2) }),
      ("a crop", { ($0.padding, $0.cropWidth) = (.explicit, 1) }),
      ("outputs that no tap reaches", { $0.sizeWidth = 1 }),
    ]
    for (what, change) in changes {
      var recipe = taken
      change(&recipe)
      #expect(try recipe.problem().plan(.strassen) == nil, "\(what)")
    }
    var problem = taken.problem()
    problem.filters = Tensor(
      dimensions: problem.filters.shape.dimensions, elements: problem.filters.elements.map { $0 * 0x1p60 })!
    #expect(try problem.plan(.strassen) == nil, "weights whose sums could overflow")
  }

  @Test func `It is picked for wide layers of one tap, and never where exactness is asked for`() throws {
    var recipe = ConvolutionRecipe(
      height: 16, width: 16, inputsPerGroup: 256, outputsPerGroup: 128, kernelHeight: 2, kernelWidth: 2,
      strideHeight: 2, strideWidth: 2)
    for (inputs, isPicked) in [(256, true), (254, false), (64, false)] {
      recipe.inputsPerGroup = inputs
      let problem = recipe.problem()
      let layer = try ConvolutionLayer(problem.operation, filters: problem.filters, bias: nil)
      for set in InstructionSet.available {
        let tiles = try #require(Tiles(set))
        let plan = try layer.plan(inputShape: problem.input.shape, tiles: tiles)
        #expect((plan.algorithm == .strassen) == isPicked, "\(inputs) channels by \(set)")
        let exact = try layer.plan(inputShape: problem.input.shape, exact: true, tiles: tiles)
        #expect(exact.algorithm != .strassen)
      }
    }
  }

  @Test func `Seven eighths of the multiplications are left`() throws {
    let recipe = ConvolutionRecipe(
      height: 8, width: 8, inputsPerGroup: 256, outputsPerGroup: 64, kernelHeight: 2, kernelWidth: 2,
      strideHeight: 2, strideWidth: 2)
    let plan = try #require(try recipe.problem().plan(.strassen))
    #expect(plan.wastedShare == 1 - 8.0 / 7)
  }
}
