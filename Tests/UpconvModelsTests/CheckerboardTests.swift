import Testing
import UpconvConvolution
import UpconvModels
import UpconvTensor

@Suite struct CheckerboardTests {
  private func board(kernel: Int, stride: Int, _ initializer: String) throws -> Checkerboard {
    let folder = try TemporaryFolder()
    var template = LayerTemplate(
      modelName: "m", input: [nil, nil, 3], filters: 3, kernel: Spatial(height: kernel, width: kernel),
      strides: Spatial(height: stride, width: stride))
    template.initializer = initializer
    try folder.write(template.json, to: "model.json")
    let boards = try folder.model().checkerboards
    #expect(boards.map(\.layer) == ["y"])
    return try #require(boards.first)
  }

  private static let ones: [(kernel: Int, stride: Int, ratio: Double, variation: Double)] = [
    (3, 2, 4, 0.484), (5, 2, 2.25, 0.286), (7, 2, 16.0 / 9, 0.203), (9, 4, 2.25, 0.275), (4, 2, 1, 0), (9, 3, 1, 0),
  ]

  @Test(arguments: ones)
  func `A kernel of ones is as uneven as its overlaps`(
    kernel: Int, stride: Int, ratio: Double, variation: Double
  ) throws {
    let board = try board(kernel: kernel, stride: stride, "ones")
    #expect(abs(board.overlapRatio - ratio) < 1e-9)
    // The gain of a phase of ones is its number of taps.
    #expect(board.gains == board.overlaps.map { $0.map(Double.init) })
    #expect(abs(board.unevenness - variation) < 5e-4)
  }

  @Test func `The remedy fits the cause`() throws {
    #expect(try board(kernel: 4, stride: 2, "icnr").remedy == "none needed")
    #expect(try board(kernel: 4, stride: 2, "bilinear").remedy == "none needed")
    #expect(try board(kernel: 4, stride: 2, "he_normal").remedy.contains("begin training from icnr"))
    #expect(try board(kernel: 3, stride: 2, "ones").remedy.hasPrefix("take a kernel of 4×4"))
    #expect(try board(kernel: 5, stride: 3, "icnr").remedy.hasPrefix("none needed with these weights; a kernel of 6×6"))
    let holes = try board(kernel: 2, stride: 3, "ones")
    #expect(holes.overlapRatio == .infinity)
    #expect(holes.remedy.contains("take a kernel of at least the strides, 3×3"))
  }

  @Test(arguments: LayerTemplate.initializers)
  func `What init writes is loaded, with every initializer`(initializer: String) throws {
    let board = try board(kernel: 4, stride: 2, initializer)
    #expect(board.unevenness.isFinite)
    #expect(board.overlaps == [[4, 4], [4, 4]])
  }

  @Test func `Plans say which layers became one`() throws {
    let model = try Model(directory: Checkout.folder("Tests/UpconvModelsTests/Fixtures/dcgan"))
    let plans = try model.plans(for: Shape([2, 20], limits: TensorLimits()))
    #expect(plans.map(\.work) == ["convolution", "reshape", "convolution", "convolution", "convolution"])
    #expect(
      plans.map(\.output.dimensions) == [[2, 256], [2, 4, 4, 16], [2, 4, 4, 12], [2, 8, 8, 8], [2, 16, 16, 1]])
    // The sum of what the cost model has for each.
    let sum = plans.reduce(0) { $0 + ($1.convolution?.choice.nanoseconds ?? 0) }
    #expect(try model.estimatedNanoseconds(for: Shape([2, 20], limits: TensorLimits())) == sum)
  }

  @Test(arguments: [
    ("up_then_conv_same", 1), ("up_then_conv_groups_valid", 1), ("up_first_then_conv", 1), ("pad_then_conv", 1),
    ("pad_then_strided_conv", 2), ("crop_after_transposed_same_k3", 1), ("crop_after_conv", 1),
    ("norm_after_conv_groups", 1), ("norm_around_dense", 2), ("rescaling_around_conv", 2), ("nested", 2),
    // Not the same, and so left alone.
    ("up_then_dilated_conv", 2), ("up_then_transposed", 2), ("pad_far_then_conv", 2), ("pad_then_transposed", 2),
    ("norm_after_activation", 3), ("norm_after_transposed_other_axis", 2),
  ])
  func `Neighbours are joined where that gives the same`(name: String, steps: Int) throws {
    let model = try Model(directory: Checkout.folder("Tests/UpconvModelsTests/Fixtures/\(name)"))
    let dimensions = [1] + model.input.dimensions.dropFirst().compactMap(\.self)
    let plans = try model.plans(for: Shape(dimensions, limits: TensorLimits()))
    #expect(plans.count == steps, "\(plans.map { "\($0.layer): \($0.work)" })")
  }
}
