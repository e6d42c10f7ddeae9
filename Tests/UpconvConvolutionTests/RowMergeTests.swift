import Testing
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

@testable import UpconvConvolution

/// Which neighbouring outputs are computed together.
@Suite struct RowMergeTests {
  private static func merge(
    width: Int, inputs: Int, outputs: Int, kernel: Int, stride: Int, lanes set: InstructionSet = .portable
  ) throws -> RowMerge? {
    let problem = ConvolutionRecipe(
      batch: 2, height: 6, width: width, inputsPerGroup: inputs, outputsPerGroup: outputs, kernelHeight: kernel,
      kernelWidth: kernel, strideHeight: stride, strideWidth: stride
    ).problem()
    let layer = try ConvolutionLayer(problem.operation, filters: problem.filters, bias: nil)
    let geometry = try OutputGeometry(
      operation: problem.operation, inputShape: problem.input.shape, kernel: layer.kernel, inputChannels: inputs,
      outputChannels: outputs, limits: ConvolutionLimits())
    return Planner(LayerAtSize(layer: layer, geometry: geometry, tiles: try #require(Tiles(set)))).size.merge
  }

  @Test func `Phases with the same inputs are merged without a zero`() throws {
    // A bilinear layer: the first half of an input pixel's outputs reads the pixel before, the second the one after.
    let merge = try #require(try RowMergeTests.merge(width: 9, inputs: 21, outputs: 21, kernel: 16, stride: 8))
    #expect(!merge.hasZeros)
    #expect(merge.parts.parts.map(\.channels) == [84, 84])
    #expect(merge.parts.parts.map(\.firstChannel) == [0, 84])
    #expect(merge.parts.inputStep == 1)
    #expect(merge.kernelColumns == [[[4, 5, 6, 7], [12, 13, 14, 15]], [[0, 1, 2, 3], [8, 9, 10, 11]]])
  }

  @Test func `Equal kernel and stride make one dense product`() throws {
    let merge = try #require(try RowMergeTests.merge(width: 9, inputs: 64, outputs: 32, kernel: 2, stride: 2))
    #expect(!merge.hasZeros)
    #expect(merge.parts.parts.map(\.channels) == [64])
  }

  @Test(.enabled(if: InstructionSet.available.contains(.avx512)))
  func `Pixels are merged where one fills half a vector`() throws {
    let merge = try #require(
      try RowMergeTests.merge(width: 8, inputs: 2, outputs: 4, kernel: 3, stride: 2, lanes: .avx512))
    #expect(merge.parts.inputStep == 2)
    #expect(merge.parts.parts.map(\.channels) == [16])
    #expect(merge.hasZeros)
  }

  @Test func `A row that merged pixels do not divide is not merged`() throws {
    #expect(try RowMergeTests.merge(width: 7, inputs: 2, outputs: 4, kernel: 3, stride: 1) == nil)
    let odd = try #require(try RowMergeTests.merge(width: 7, inputs: 2, outputs: 1, kernel: 3, stride: 2))
    #expect([1, 7].contains(odd.parts.inputStep))
  }

  @Test func `One layer's images of unlike widths each get their own filters`() throws {
    var generator = SeededGenerator(seed: 3)
    var operation = TransposedConvolution()
    operation.strides = Spatial(height: 2, width: 2)
    let layer = try ConvolutionLayer(operation, filters: generator.tensor([3, 3, 1, 2]), bias: nil)
    for tiles in InstructionSet.available.compactMap({ Tiles($0) }) {
      var packings: Set<[Float]> = []
      for width in [8, 7, 6, 5, 4, 3] {
        let input = generator.tensor([1, 3, width, 2])
        let plan = try layer.plan(inputShape: input.shape, algorithm: .rows, tiles: tiles)
        packings.insert(plan.packed.elements)
        let direct = try layer.plan(inputShape: input.shape, algorithm: .direct, tiles: tiles).run(input).elements
        for (got, expected) in zip(try plan.run(input).elements, direct) {
          #expect(abs(got - expected) < 1e-5, "width \(width) on \(tiles.instructionSet)")
        }
      }
      #expect(packings.count > 1, "all widths are merged alike on \(tiles.instructionSet)")
    }
  }
}
