import Testing
import UpconvConvolution
import UpconvModels
import UpconvSystem
import UpconvTensor

/// What a loaded model says to inputs, and how it is run.
@Suite struct ModelInputTests {
  private func model(_ name: String, _ limits: ModelLimits = ModelLimits()) throws -> Model {
    try Model(directory: Checkout.folder("Tests/UpconvModelsTests/Fixtures/\(name)"), limits: limits)
  }

  private func shape(_ dimensions: [Int]) throws -> Shape { try Shape(dimensions, limits: TensorLimits()) }

  @Test func `Inputs of another rank or length are refused with what the model takes`() throws {
    let model = try model("transposed_same_k4s2")
    #expect(try model.outputShape(for: shape([7, 5, 6, 3])).dimensions == [7, 10, 12, 4])
    #expect(try model.outputShape(for: shape([0, 5, 6, 3])).dimensions == [0, 10, 12, 4])
    for wrong in [[1, 5, 6], [1, 5, 6, 4], [1, 6, 5, 3], [1, 5, 6, 3, 1]] {
      #expect(throws: ModelInputError.wrongShape(input: "x", expected: [nil, 5, 6, 3], given: wrong)) {
        try model.outputShape(for: shape(wrong))
      }
    }
    #expect(
      "\(ModelInputError.wrongShape(input: "x", expected: [nil, 5, 6, 3], given: [1, 2]))"
        == #"the input "x" has the shape [1,2], but the model takes [any,5,6,3]"#)
  }

  @Test func `A fully convolutional model takes any height and width`() throws {
    let model = try model("any_size")
    #expect(model.input.dimensions == [nil, nil, nil, 3])
    #expect(model.output.dimensions == [nil, nil, nil, 3])
    #expect(model.input.variableDimensions == [-1, -1, -1, 3])
    for (height, width) in [(1, 1), (2, 9), (8, 5)] {
      let input = Tensor.filled(shape: try shape([2, height, width, 3])) { $0.update(repeating: 1) }
      let output = try model.run(input)
      #expect(output.shape == (try model.outputShape(for: input.shape)))
      #expect(output.shape.dimensions == [2, (height + 1) / 2 * 2, (width + 1) / 2 * 2, 3])
    }
    #expect(throws: ModelInputError.emptyAxis(input: "x", given: [1, 0, 4, 3])) {
      try model.outputShape(for: shape([1, 0, 4, 3]))
    }
  }

  @Test func `FSRCNN's slopes are its own parameters, and its activations part of its convolutions`() throws {
    let shape = "\"shared_axes\":[1,2],\"alpha_initializer\":{\"class_name\":\"Constant\",\"config\":{\"value\":0.25}}"
    let widths = [(56, 5), (12, 1), (12, 3), (12, 3), (12, 3), (12, 3), (56, 1)]
    let layers = widths.enumerated().map { index, layer in
      """
      {"class_name":"Conv2D","config":{"name":"c\(index)","filters":\(layer.0),"kernel_size":\(layer.1),"padding":"same"}},\
      {"class_name":"PReLU","config":{"name":"p\(index)",\(shape)}},
      """
    }
    let folder = try TemporaryFolder()
    try folder.write(
      """
      {"class_name":"Sequential","config":{"name":"fsrcnn","layers":[\
      {"class_name":"InputLayer","config":{"name":"x","batch_shape":[null,null,null,1]}},\(layers.joined())\
      {"class_name":"Conv2DTranspose","config":{"name":"y","filters":1,"kernel_size":9,"strides":2,"padding":"same"}}]}}
      """, to: "model.json")
    let model = try folder.model()
    // 12,637 weights and biases, and a slope for each of 56 + 5 · 12 + 56 channels.
    #expect(model.layers.reduce(0) { $0 + $1.parameters } == 12_637 + 172)
    let prelu = try #require(model.layers.first { $0.name == "p0" })
    #expect(prelu.weights.map(\.name) == ["alpha"] && prelu.weights.map(\.shape) == [[1, 1, 56]])
    #expect(prelu.options.map(\.name) == ["shared_axes"] && prelu.options.map(\.value) == [.integers([1, 2])])
    let steps = try model.plans(for: self.shape([1, 6, 7, 1]))
    #expect(steps.map(\.work) == [String](repeating: "convolution", count: 8))
    #expect(steps.dropLast().allSatisfy { $0.convolution?.activation == .parametricReLU })
  }

  @Test func `Images that are too small for a layer on the way are refused with its name`() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      """
      {"class_name":"Sequential","config":{"name":"m","layers":[\
      {"class_name":"InputLayer","config":{"name":"x","batch_shape":[null,null,null,1]}},\
      {"class_name":"Conv2D","config":{"name":"small","filters":1,"kernel_size":3}},\
      {"class_name":"Cropping2D","config":{"name":"crop","cropping":2}}]}}
      """, to: "model.json")
    let model = try folder.model()
    #expect(try model.outputShape(for: shape([1, 7, 8, 1])).dimensions == [1, 1, 2, 1])
    #expect(throws: ModelInputError.noOutput(layer: "small", axis: "height", size: 0)) {
      try model.outputShape(for: shape([1, 6, 8, 1]))
    }
  }

  @Test func `Limits hold for every tensor on the way and for all layers together`() throws {
    let elements = try model("dcgan", ModelLimits(tensor: TensorLimits(maxElements: 2047)))
    #expect(throws: ModelInputError.self) { try elements.outputShape(for: shape([4, 20])) }
    #expect(try elements.outputShape(for: shape([2, 20])).dimensions == [2, 16, 16, 1])
    let work = try model("dcgan", ModelLimits(maxMultiplyAdds: 100_000))
    // 256·20 for the Dense layer, then pixels · inputs · outputs · 25, for each of 20 images.
    #expect(throws: ModelInputError.tooMuchWork(multiplyAdds: 2_662_400, maxMultiplyAdds: 100_000)) {
      try work.outputShape(for: shape([20, 20]))
    }
  }

  @Test func `A cancelled run gives nothing`() throws {
    let model = try model("dcgan")
    let input = Tensor.filled(shape: try shape([1, 20])) { $0.update(repeating: 1) }
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: ModelRunError.cancelled) { try model.run(input, cancellation: cancellation) }
    #expect(throws: ModelRunError.input(.wrongShape(input: "x", expected: [nil, 20], given: [1, 5]))) {
      try model.run(Tensor.filled(shape: shape([1, 5])) { $0.update(repeating: 1) })
    }
  }

  @Test func `Warming up packs filters, so that memory is known before the first request`() throws {
    let model = try model("dcgan")
    let before = model.byteCount
    model.warmUp(threads: 1)
    let after = model.byteCount
    #expect(after > before)
    _ = try model.run(Tensor.filled(shape: try shape([1, 20])) { $0.update(repeating: 1) })
    #expect(model.byteCount == after)
    #expect(model.layers.map(\.className).prefix(3) == ["Dense", "BatchNormalization", "LeakyReLU"])
    #expect(model.layers.first?.parameters == 20 * 256)
  }

  @Test func `An empty batch gives an empty batch`() throws {
    for name in [
      "dcgan", "resize_convolution", "conv_same_k3s2", "flatten_first", "up_bilinear", "pad_four", "crop_four",
    ] {
      let model = try model(name)
      let dimensions = [0] + model.input.dimensions.dropFirst().map { $0 ?? 4 }
      let input = Tensor.filled(shape: try shape(dimensions)) { _ in }
      #expect(try model.run(input).shape[0] == 0, "\(name)")
    }
  }
}
