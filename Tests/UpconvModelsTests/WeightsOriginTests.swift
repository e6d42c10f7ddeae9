import Foundation
import Testing
import UpconvModels
import UpconvTensor

/// Where weights come from is said, and weights that would be ignored are refused.
@Suite struct WeightsOriginTests {
  private static func layer(_ name: String, _ options: String = "") -> String {
    """
    {"class_name":"Conv2DTranspose","config":{"name":"\(name)","filters":1,"kernel_size":1,"use_bias":false\(options)}}
    """
  }

  private static func document(_ layers: [String], seed: Int? = nil) -> String {
    """
    {"class_name":"Sequential"\(seed.map { ",\"seed\":\($0)" } ?? ""),"config":{"name":"m","layers":[\
    {"class_name":"InputLayer","config":{"name":"x","batch_shape":[null,2,2,1]}},\(layers.joined(separator: ","))]}}
    """
  }

  private static func initializer(_ name: String, seed: Int? = nil) -> String {
    ",\"kernel_initializer\":{\"class_name\":\"\(name)\",\"config\":{\(seed.map { "\"seed\":\($0)" } ?? "")}}"
  }

  private static func weights(_ layers: [String]) -> [UInt8] {
    Safetensors.file(layers.map { ("\($0)/kernel", Tensor(dimensions: [1, 1, 1, 1], elements: [1])!) })
  }

  private func folder(_ layers: [String], seed: Int? = nil, weights: [String]? = nil) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(WeightsOriginTests.document(layers, seed: seed), to: "model.json")
    if let weights { try folder.write(WeightsOriginTests.weights(weights), to: "weights.safetensors") }
    return folder
  }

  // MARK: Where they come from

  @Test func `Weights are the file's, or initialised from a seed that is named`() throws {
    typealias Test = WeightsOriginTests
    let cases: [(layers: [String], seed: Int?, weights: [String]?, text: String)] = [
      ([Test.layer("a")], nil, ["a"], "weights.safetensors"),
      ([Test.layer("a")], nil, nil, "initialised from seed 0"),
      ([Test.layer("a")], 12, nil, "initialised from seed 12"),
      ([Test.layer("a")], -5, nil, "initialised from seed -5"),
      ([Test.layer("a", Test.initializer("HeNormal", seed: 7))], 12, nil, "initialised from seed 7"),
      ([Test.layer("a", Test.initializer("ICNR", seed: 8))], 12, nil, "initialised from seed 8"),
      ([Test.layer("a", Test.initializer("Ones"))], 12, nil, "initialised with constants"),
      (
        [Test.layer("a", Test.initializer("HeNormal", seed: 7)), Test.layer("b"), Test.layer("c")], 3, nil,
        "initialised from seeds 7, 3"
      ),
      // A layer that the file has nothing of is initialised only if it names a seed.
      (
        [Test.layer("a"), Test.layer("b", Test.initializer("HeNormal", seed: 7))], nil, ["a"],
        "weights.safetensors; b initialised from seed 7"
      ),
      ([#"{"class_name":"ReLU","config":{"name":"a"}}"#], nil, nil, "none"),
    ]
    for (layers, seed, weights, text) in cases {
      let model = try folder(layers, seed: seed, weights: weights).model()
      #expect("\(model.weightsOrigin)" == text)
    }
  }

  // MARK: Other weights

  @Test(arguments: [
    ("model.weights.h5", "upconv-export keras"), ("weights.hdf5", "upconv-export keras"),
    ("generator.keras", "upconv-export keras"), ("model.safetensors", "rename it"),
    ("Weights.Safetensors", "rename it"), ("weights.safetensors.part", "rename it"),
    (".weights.safetensors.Xy12", "rename it"), ("pytorch_model.bin", "upconv-export torch"),
    ("g.pt", "upconv-export torch"), ("g.pth.tar", "upconv-export torch"),
    ("model.ckpt", "upconv-export torch"), ("cp.data-00000-of-00001", "upconv-export savedmodel"),
    ("checkpoint", "upconv-export savedmodel"), ("saved_model.pb", "upconv-export savedmodel"),
    ("weights.npz", "docs/exporting.md"), ("kernel.npy", "docs/exporting.md"), ("model.onnx", "docs/exporting.md"),
    ("model.tflite", "docs/exporting.md"), ("variables/variables.data-00000-of-00001", "savedmodel"),
    ("1/weights.safetensors", "rename it"),
  ])
  func `Weights in another file are refused by name, with the way to a file that is read`(
    file: String, remedy: String
  ) throws {
    let folder = try folder([WeightsOriginTests.layer("a")])
    #expect(try "\(folder.model().weightsOrigin)" == "initialised from seed 0")
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: folder.path + "/" + file).deletingLastPathComponent(), withIntermediateDirectories: true)
    try folder.write("trained", to: file)
    do {
      _ = try folder.model()
      Issue.record("a model beside \(file)")
    } catch {
      let sentence = "\(error)"
      let opening = "there is no weights.safetensors, but \"\(file)\", which is not read: "
      #expect(sentence.hasPrefix(opening), "\(sentence)")
      #expect(sentence.contains(remedy), "\(sentence)")
    }
    // Beside the right file they are what it was made from.
    try folder.write(WeightsOriginTests.weights(["a"]), to: "weights.safetensors")
    #expect(try "\(folder.model().weightsOrigin)" == "weights.safetensors")
  }

  @Test func `Weights beside the folder of a version are found, and those of other models are not`() throws {
    let root = try TemporaryFolder()
    for path in ["/m/1", "/n"] {
      try FileManager.default.createDirectory(atPath: root.path + path, withIntermediateDirectories: true)
      try root.write(WeightsOriginTests.document([WeightsOriginTests.layer("a")]), to: path + "/model.json")
    }
    try root.write("trained", to: "/m/weights.safetensors")
    try root.write("trained", to: "/other.h5")
    #expect(try "\(Model(directory: root.path + "/n", within: root.path).weightsOrigin)" == "initialised from seed 0")
    do {
      _ = try Model(directory: root.path + "/m/1", within: root.path)
      Issue.record("a version beside weights")
    } catch { #expect("\(error)".contains("\"../weights.safetensors\"")) }
  }

  @Test(arguments: [
    "config.json", "README.md", "labels.txt", "model.safetensors.index.json", "weights.safetensors.sha256", "make.py",
    ".gitignore",
  ])
  func `Files that hold no weights do not matter`(file: String) throws {
    let folder = try folder([WeightsOriginTests.layer("a")])
    try folder.write("{}", to: file)
    #expect(try "\(folder.model().weightsOrigin)" == "initialised from seed 0")
  }

  @Test func `A model without weights may have any file beside it`() throws {
    let folder = try folder([#"{"class_name":"ReLU","config":{"name":"a"}}"#])
    try folder.write("example", to: "example.safetensors")
    #expect(try "\(folder.model().weightsOrigin)" == "none")
  }
}
