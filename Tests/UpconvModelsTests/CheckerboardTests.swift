import Testing
import UpconvConvolution
import UpconvModels
import UpconvTensor
import UpconvTestSupport

@Suite struct CheckerboardTests {
  private func board(kernel: Int, stride: Int, _ initializer: String, channels: Int = 3) throws -> Checkerboard {
    let folder = try TemporaryFolder()
    var template = LayerTemplate(
      modelName: "m", input: [nil, nil, channels], filters: channels, kernel: Spatial(height: kernel, width: kernel),
      strides: Spatial(height: stride, width: stride))
    template.initializer = initializer
    try folder.write(template.json, to: "model.json")
    let boards = try folder.model().checkerboards
    #expect(boards.map(\.layer) == ["y"])
    return try #require(boards.first)
  }

  /// The report of a trained layer: `weight` gives a tap's weight by row, column, output and input channel.
  private func board(
    kernel: Int, stride: Int, outputs: Int, inputs: Int, dataFormat: String = "channels_last",
    _ weight: (_ row: Int, _ column: Int, _ output: Int, _ input: Int) -> Float
  ) throws -> Checkerboard {
    let folder = try TemporaryFolder()
    try folder.write(
      """
      {"class_name":"Sequential","config":{"layers":[{"class_name":"InputLayer","config":{"name":"x",\
      "batch_shape":[null,\(inputs),null,\(inputs)]}},{"class_name":"Conv2DTranspose","config":{"name":"y",\
      "filters":\(outputs),"kernel_size":\(kernel),"strides":\(stride),"use_bias":false,"padding":"same",\
      "data_format":"\(dataFormat)"}}]}}
      """, to: "model.json")
    var elements: [Float] = []
    for row in 0..<kernel {
      for column in 0..<kernel {
        for output in 0..<outputs {
          for input in 0..<inputs { elements.append(weight(row, column, output, input)) }
        }
      }
    }
    let tensor = try #require(Tensor(dimensions: [kernel, kernel, outputs, inputs], elements: elements))
    try folder.write(Safetensors.file([("y/kernel", tensor)]), to: "weights.safetensors")
    return try #require(try folder.model().checkerboards.first)
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
    // Three channels of ones through taps of 1.
    #expect(board.gains == board.overlaps.map { $0.map { 3 * Double($0) } })
    #expect(abs(board.unevenness - variation) < 5e-4)
    #expect(abs(board.meanUnevenness - variation) < 5e-4)
    #expect((board.remedy == nil) == (variation == 0))
  }

  @Test func `The remedy fits the cause, and even phases need none`() throws {
    #expect(try board(kernel: 4, stride: 2, "icnr").remedy == nil)
    #expect(try board(kernel: 4, stride: 2, "bilinear").remedy == nil)
    #expect(try board(kernel: 2, stride: 2, "icnr").remedy == nil)
    // Overlaps that are uneven, but weights that make up for them.
    #expect(try board(kernel: 5, stride: 3, "icnr").remedy == nil)
    #expect(try board(kernel: 3, stride: 2, "bilinear").remedy == nil)
    #expect(try board(kernel: 4, stride: 2, "he_normal").remedy?.contains("begin from icnr") == true)
    #expect(try board(kernel: 3, stride: 2, "ones").remedy?.hasPrefix("take a kernel of 4×4") == true)
    let holes = try board(kernel: 2, stride: 3, "ones")
    #expect(holes.overlapRatio == .infinity)
    #expect(holes.remedy?.contains("take a kernel of at least the strides, 3×3") == true)
  }

  @Test(arguments: [2, 4])
  func `Random weights are as uneven as what they make of a constant image`(kernel: Int) throws {
    let folder = try TemporaryFolder()
    var template = LayerTemplate(
      modelName: "m", input: [nil, nil, 64], filters: 8, kernel: Spatial(height: kernel, width: kernel),
      strides: Spatial(height: 2, width: 2))
    template.seed = 5
    try folder.write(template.json, to: "model.json")
    let model = try folder.model()
    let board = try #require(model.checkerboards.first)
    // An image of ones, and one window of phases far from its border.
    let output = try model.run(
      #require(Tensor(dimensions: [1, 6, 6, 64], elements: [Float](repeating: 1, count: 6 * 6 * 64))))
    let elements = output.elements
    func gains(_ channel: Int) -> [Double] {
      // SAME crops kernel / 2 - 1 rows before the output, so that output 6 is of phase 0 or 1.
      let first = 6 + kernel / 2 - 1
      return [(0, 0), (0, 1), (1, 0), (1, 1)].map { Double(elements[((first + $0) * 12 + first + $1) * 8 + channel]) }
    }
    for (one, other) in zip(board.gains.joined(), gains(board.channel)) { #expect(abs(one - other) < 1e-4) }
    // Each phase has filters of its own, so the pattern is as strong as the output itself.
    #expect((0.3...1.8).contains(board.meanUnevenness))
    #expect(board.unevenness >= board.meanUnevenness)
    #expect(board.remedy != nil)
  }

  @Test func `A trained layer whose phases agree needs nothing, whatever its pairs of channels do`() throws {
    // Each input channel is as uneven as can be; what is too much in one the next makes up for.
    var generator = SeededGenerator(seed: 3)
    let noise = (0..<16 * 4 * 8).map { _ in Float.random(in: -1...1, using: &generator) }
    let board = try board(kernel: 4, stride: 2, outputs: 4, inputs: 16) { row, column, output, input in
      let tap = noise[((row * 4 + column) * 4 + output) * 8 + input / 2]
      let small = Float(row + column) * 1e-4
      return input % 2 == 0 ? 0.25 + tap + small : 0.25 - tap
    }
    #expect(board.unevenness < 1e-3)
    #expect(board.remedy == nil)
  }

  @Test func `A fixed PixelShuffle is even`() throws {
    // What upconv-export writes for nn.PixelShuffle(2).
    let board = try board(kernel: 2, stride: 2, outputs: 3, inputs: 12) { row, column, output, input in
      input == output * 4 + row * 2 + column ? 1 : 0
    }
    #expect(board.gains == [[1, 1], [1, 1]])
    #expect(board.unevenness == 0)
    #expect(board.remedy == nil)
  }

  @Test func `A channel that gives a constant image almost nothing is measured by its usual output`() throws {
    // Finds edges: each phase adds up to about 0.
    let board = try board(kernel: 4, stride: 2, outputs: 1, inputs: 1) { row, column, _, _ in
      (row / 2 == 0 ? 1 : -1) + (row == 0 && column == 0 ? 1e-4 : 0)
    }
    #expect(board.unevenness < 1e-3)
    #expect(board.remedy == nil)
  }

  @Test func `One uneven channel of many is named, and does not speak for all`() throws {
    let board = try board(kernel: 2, stride: 2, outputs: 16, inputs: 2) { row, column, output, _ in
      output == 11 && row == 0 && column == 0 ? 2 : 1
    }
    #expect(board.channel == 11)
    #expect(board.gains == [[4, 2], [2, 2]])
    #expect(abs(board.unevenness - 0.3464) < 1e-4)
    #expect(board.meanUnevenness < 0.11)
    #expect(board.remedy != nil)
  }

  @Test func `The layout and dead channels make no difference`() throws {
    for format in ["channels_last", "channels_first"] {
      let board = try board(kernel: 3, stride: 2, outputs: 2, inputs: 2, dataFormat: format) { _, _, output, _ in
        Float(output)
      }
      #expect(board.channel == 1)
      #expect(board.gains == [[8, 4], [4, 2]])
    }
    let nothing = try board(kernel: 3, stride: 2, outputs: 2, inputs: 2) { _, _, _, _ in 0 }
    #expect(nothing.unevenness == 0 && nothing.meanUnevenness == 0)
    #expect(nothing.remedy == nil)
  }

  @Test func `A layer of stride 1 has one phase, and no report`() throws {
    let folder = try TemporaryFolder()
    let template = LayerTemplate(
      modelName: "m", input: [nil, nil, 3], filters: 3, kernel: Spatial(height: 3, width: 3),
      strides: Spatial(height: 1, width: 1))
    try folder.write(template.json, to: "model.json")
    #expect(try folder.model().checkerboards.isEmpty)
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
