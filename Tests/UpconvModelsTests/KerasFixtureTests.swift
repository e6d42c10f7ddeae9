import Foundation
import Testing
import UpconvFormats
import UpconvModels
import UpconvTensor

/// Models that Keras wrote, with what Keras computed (`tools/make_model_fixtures.py`).
@Suite struct KerasFixtureTests {
  private static let root = Checkout.folder("Tests/UpconvModelsTests/Fixtures")
  static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()

  @Test func `There are fixtures for every class of layer`() throws {
    #expect(KerasFixtureTests.names.count > 150)
    var classes: Set<String> = []
    for name in KerasFixtureTests.names {
      let model = try Model(directory: "\(KerasFixtureTests.root)/\(name)")
      classes.formUnion(model.layers.map(\.className))
    }
    #expect(
      classes.isSuperset(of: [
        "Conv2DTranspose", "Conv2D", "Dense", "BatchNormalization", "Activation", "ReLU", "LeakyReLU", "PReLU",
        "Reshape",
        "Flatten", "UpSampling2D", "ZeroPadding2D", "Cropping2D", "Rescaling", "Dropout",
      ]))
  }

  @Test(arguments: names)
  func `A model answers as Keras does, whatever its company and however many threads`(name: String) throws {
    let folder = "\(KerasFixtureTests.root)/\(name)"
    let model = try Model(directory: folder)
    let example = try Safetensors.tensors(at: "\(folder)/example.safetensors")
    let (x, y) = (try #require(example["x"]), try #require(example["y"]))
    #expect(model.name == name)
    #expect(model.input.name == "x")
    #expect(model.input.dimensions[0] == nil)
    #expect(try model.outputShape(for: x.shape) == y.shape)
    #expect(zip(model.output.dimensions, y.shape.dimensions).allSatisfy { $0 == nil || $0 == $1 })

    let before = x.elements
    let output = try model.run(x, threads: 2)
    #expect(x.elements == before)
    #expect(output.shape == y.shape)
    let largest = y.elements.map(abs).max() ?? 0
    // Keras rounds too, in another order.
    let worst = zip(output.elements, y.elements).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= 3e-6 * (1 + largest), "off by \(worst), where the largest is \(largest)")

    let perImage = (x.shape.elementCount / x.shape[0], y.shape.elementCount / y.shape[0])
    for image in 0..<x.shape[0] {
      let alone = Array(before[image * perImage.0..<(image + 1) * perImage.0])
      let single = try #require(Tensor(dimensions: [1] + x.shape.dimensions.dropFirst(), elements: alone))
      let result = try model.run(single).elements.map(\.bitPattern)
      let share = output.elements[image * perImage.1..<(image + 1) * perImage.1].map(\.bitPattern)
      #expect(result == share, "image \(image) alone")
    }
  }
}
