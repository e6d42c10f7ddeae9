import Testing
import UpconvConvolution
import UpconvModels
import UpconvTensor

/// The models of `Examples/models`.
@Suite struct ExampleModelTests {
  private static func model(_ name: String) throws -> Model {

    return try Model(directory: Checkout.folder("Examples/models/\(name)"))
  }

  @Test func `gist is the seed example under the names x and y`() throws {
    let model = try ExampleModelTests.model("gist")
    #expect(model.name == "gist")
    #expect(model.input == ModelTensor(name: "x", dimensions: [nil, 4, 4, 2], layout: .nhwc))
    #expect(model.output == ModelTensor(name: "y", dimensions: [nil, 8, 8, 4], layout: .nhwc))
    let input = try #require(Tensor(dimensions: [3, 4, 4, 2], elements: [Float](repeating: 1, count: 96)))
    let output = try model.run(input)
    #expect(output.shape.dimensions == [3, 8, 8, 4])
    let elements = output.elements
    // One channel of the first and the third row.
    let first: [Float] = (0..<8).map { elements[4 * $0] }
    let third: [Float] = (16..<24).map { elements[4 * $0 + 3] }
    #expect(first == [2, 2, 4, 2, 4, 2, 4, 2])
    #expect(third == [4, 4, 8, 4, 8, 4, 8, 4])
  }

  @Test func `pix2pix_up7 has the shapes of pix2pix's last but one step up`() throws {
    let model = try ExampleModelTests.model("pix2pix_up7")
    #expect(model.input == ModelTensor(name: "x", dimensions: [nil, 64, 64, 256], layout: .nhwc))
    #expect(model.output == ModelTensor(name: "y", dimensions: [nil, 128, 128, 64], layout: .nhwc))
    #expect(model.layers.map(\.parameters) == [4 * 4 * 64 * 256])
    let shape = try Shape([2, 64, 64, 256], limits: model.limits.tensor)
    #expect(try model.outputShape(for: shape).dimensions == [2, 128, 128, 64])
  }
}
