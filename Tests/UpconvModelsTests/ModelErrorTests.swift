import Foundation
import Testing
import UpconvFormats
import UpconvModels
import UpconvTensor

/// What is wrong with a folder is said with the file or layer, the value and the rule.
@Suite struct ModelErrorTests {
  /// A Sequential of these layers on images of 4×4×2, or of another shape.
  private static func document(_ layers: String, shape: String = "[null,4,4,2]") -> String {
    """
    {"class_name":"Sequential","config":{"name":"m","layers":[\
    {"class_name":"InputLayer","config":{"name":"x","batch_shape":\(shape)}},\(layers)]}}
    """
  }

  private static func layer(_ className: String, _ options: String, name: String = "y") -> String {
    "{\"class_name\":\"\(className)\",\"config\":{\"name\":\"\(name)\"\(options.isEmpty ? "" : ",")\(options)}}"
  }

  private static let up = layer("Conv2DTranspose", "\"filters\":3,\"kernel_size\":2,\"strides\":2")
  private static let kernel = (name: "y/kernel", tensor: ones([2, 2, 3, 2]))
  private static let bias = (name: "y/bias", tensor: ones([3]))

  private static func ones(_ dimensions: [Int]) -> Tensor {
    Tensor(dimensions: dimensions, elements: [Float](repeating: 1, count: dimensions.reduce(1, *)))!
  }

  private func error(
    _ document: String, weights: [UInt8]? = nil, _ limits: ModelLimits = ModelLimits()
  ) throws -> ModelError? {
    let folder = try TemporaryFolder()
    try folder.write(document, to: "model.json")
    if let weights { try folder.write(weights, to: "weights.safetensors") }
    do {
      _ = try folder.model(limits)
      return nil
    } catch { return error }
  }

  // MARK: model.json

  @Test(arguments: [
    ("", #"Bias"#, #""Bias", which is not supported: there are InputLayer, Conv2DTranspose, Conv2D, Dense"#),
    (#""filters":3"#, "Conv2D", #"the layer "y" lacks the key "kernel_size""#),
    (#""filters":0,"kernel_size":3"#, "Conv2D", #""filters" is 0, but must be a whole number from 1"#),
    (#""filters":2,"kernel_size":[3,3,3]"#, "Conv2D", #""kernel_size" is [3,3,3], but must be one or two"#),
    (
      #""filters":2,"kernel_size":3,"padding":"full""#, "Conv2D",
      #""padding" is "full", but must be one of valid, same"#
    ),
    (#""filters":2,"kernel_size":3,"groups":3"#, "Conv2D", #""groups" is 3, but must divide the channels"#),
    (#""filters":2,"kernel_size":3,"use_bias":1"#, "Conv2D", #""use_bias" is 1, but must be true or false"#),
    (#""filters":2,"kernel_size":5"#, "Conv2D", "its kernel is larger than that, with padding valid"),
    (#""filters":2,"kernel_size":3,"strides":2,"dilation_rate":2"#, "Conv2D", "must be 1 where strides are above 1"),
    (#""filters":2,"kernel_size":3,"peephole":true"#, "Conv2D", #"the key "peephole" with the value true"#),
    (#""filters":2,"kernel_size":3,"dtype":"int8_from_float32""#, "Conv2D", #""dtype" is "int8_from_float32""#),
    (
      #""filters":2,"kernel_size":3,"activation":"glu""#, "Conv2D", #""activation" is "glu", but must be one of linear"#
    ),
    (
      #""filters":2,"kernel_size":3,"strides":2,"output_padding":2"#, "Conv2DTranspose",
      #""output_padding" is [2,2], but must be below strides"#
    ),
    (
      #""filters":2,"kernel_size":3,"strides":2,"dilation_rate":2"#, "Conv2DTranspose",
      "must be 1 where strides are above 1"
    ),
    (#""filters":2,"kernel_size":2,"padding":"same","output_padding":0"#, "Conv2DTranspose", ""),
    (#""units":2,"lora_rank":4"#, "Dense", #"the key "lora_rank" with the value 4"#),
    (#""axis":0"#, "BatchNormalization", #""axis" is 0, but must be one axis of the input other than the batch"#),
    (#""renorm":true"#, "BatchNormalization", #"the key "renorm" with the value true"#),
    (#""target_shape":[5,-1]"#, "Reshape", "has not as many elements as target_shape [5,-1]"),
    (#""target_shape":[-1,-1]"#, "Reshape", "of which one may be -1"),
    (#""size":0"#, "UpSampling2D", #""size" is 0"#),
    (#""interpolation":"bicubic""#, "UpSampling2D", #"is "bicubic", but must be one of nearest, bilinear"#),
    (#""cropping":[[2,2],[0,0]]"#, "Cropping2D", "cropping takes all of it"),
    (#""padding":[[1,2],3,4]"#, "ZeroPadding2D", "must be a whole number, two, or [[top,bottom],[left,right]]"),
    (#""offset":1"#, "Rescaling", #"lacks the key "scale""#),
    (#""scale":[1,2,3]"#, "Rescaling", "one for each channel of the last axis"),
    (#""negative_slope":-1"#, "ReLU", #""negative_slope" is -1, but must be 0 or more"#),
    (#""shared_axes":[0,1]"#, "PReLU", #""shared_axes" is [0,1], but must be axes of the input from 1, the first"#),
    (#""shared_axes":[-1]"#, "PReLU", #""shared_axes" is [-1], but must be axes of the input from 1, the first"#),
    (#""shared_axes":4"#, "PReLU", "must be axes of the input from 1, the first after the batch, to 3"),
    (#""alpha":0.5"#, "PReLU", #"the key "alpha" with the value 0.5"#),
    (#""axis":1"#, "Softmax", #""axis" is 1, but must be -1"#),
    (#""data_format":"channels_middle""#, "Flatten", "must be one of channels_last, channels_first"),
  ])
  func `A layer that cannot be is refused with its name, the key, the value and the rule`(
    options: String, className: String, sentence: String
  ) throws {
    let found = try error(ModelErrorTests.document(ModelErrorTests.layer(className, options)))
    guard !sentence.isEmpty else {
      #expect(found == nil)
      return
    }
    #expect("\(try #require(found))".contains(sentence), "\(found.map { "\($0)" } ?? "")")
  }

  @Test func `Layers on images want four axes and known channels`() throws {
    let conv = ModelErrorTests.layer("Conv2D", "\"filters\":2,\"kernel_size\":1")
    #expect(
      try error(ModelErrorTests.document(conv, shape: "[null,4,2]"))
        == .wrongInput(layer: "y", input: [nil, 4, 2], rule: "takes images, [batch,height,width,channels]"))
    #expect(
      try error(ModelErrorTests.document(conv, shape: "[null,4,4,null]"))
        == .wrongInput(
          layer: "y", input: [nil, 4, 4, nil],
          rule: "its channels, of [batch,height,width,channels], must be known"))
    let dense = ModelErrorTests.layer("Dense", "\"units\":2")
    #expect(
      try error(ModelErrorTests.document(dense, shape: "[null,null]"))
        == .wrongInput(
          layer: "y", input: [nil, nil], rule: "needs a last axis of known length after the batch"))
  }

  @Test func `A PReLU needs the lengths of the axes that do not share their slopes`() throws {
    let prelu = ModelErrorTests.layer("PReLU", #""shared_axes":[1]"#)
    #expect(
      try error(ModelErrorTests.document(prelu, shape: "[null,null,null,2]"))
        == .wrongInput(
          layer: "y", input: [nil, nil, nil, 2], rule: "the axes that shared_axes does not name must have known lengths"
        ))
    #expect(try error(ModelErrorTests.document(prelu, shape: "[null,null,5,2]")) == nil)
  }

  @Test func `Lengths that multiply beyond any tensor are refused`() throws {
    let up = (0..<4).map { ModelErrorTests.layer("UpSampling2D", "\"size\":65536", name: "up\($0)") }
    #expect(
      try error(ModelErrorTests.document(up.joined(separator: ",")))
        == .tooLong(layer: "up2", output: [nil, 1 << 50, 1 << 50, 2], maxLength: 1 << 40))
    let flat = ModelErrorTests.layer("Flatten", "")
    #expect(
      try error(ModelErrorTests.document(flat, shape: "[null,1099511627776,1099511627776]"))
        == .tooLong(layer: "y", output: [nil, .max], maxLength: 1 << 40))
  }

  @Test func `The document must be one that Keras writes for a chain of layers`() throws {
    let up = ModelErrorTests.up
    #expect(try error("[]") == .malformed(place: "the document", expected: "an object"))
    #expect(try error("{}") == .malformed(place: "class_name", expected: "a string"))
    #expect(try error(#"{"class_name":"Sequential"}"#) == .malformed(place: "config", expected: "an object"))
    #expect(
      try error(#"{"class_name":"Sequential","config":{}}"#) == .malformed(place: "config.layers", expected: "an array")
    )
    #expect(
      try error(#"{"class_name":"Sequential","config":{"layers":[{"class_name":"Dense","config":{}}]}}"#)
        == .malformed(place: "config.layers[0].config.name", expected: "a string"))
    #expect(try error(#"{"class_name":"Sequential","config":{"layers":[]}}"#) == .noLayers)
    #expect(
      try error("{\"class_name\":\"Sequential\",\"config\":{\"layers\":[\(up)]}}") == .noInputShape(layer: "y"))
    #expect(try error(#"{"class_name":"Wide","config":{}}"#) == .unsupportedModel(className: "Wide"))
    #expect(try error(ModelErrorTests.document(up + "," + up)) == .duplicateLayer("y"))
    #expect(
      try error(
        ModelErrorTests.document(up + "," + ModelErrorTests.layer("InputLayer", "\"batch_shape\":[null,1]", name: "z")))
        == .notAChain(layer: "z", reason: "is a second input"))
    guard case .json = try error("{\"class_name\":") else {
      Issue.record("a document that is cut off")
      return
    }
    let seeded = ModelErrorTests.document(up).dropLast() + ",\"seed\":\"a\"}"
    #expect(try error(String(seeded)) == .malformed(place: "seed", expected: "a whole number"))
  }

  @Test func `Functional models with branches, several inputs or several outputs are refused`() throws {
    func layer(_ name: String, reads sources: [String]) -> String {
      let arguments = sources.map {
        #"{"class_name":"__keras_tensor__","config":{"shape":[null,4],"dtype":"float32","keras_history":["\#($0)",0,0]}}"#
      }.joined(separator: ",")
      let options = sources.isEmpty ? #""batch_shape":[null,4]"# : #""units":4"#
      return """
        {"class_name":"\(sources.isEmpty ? "InputLayer" : "Dense")","config":{"name":"\(name)",\(options)},"name":"\(name)",\
        "inbound_nodes":[\(sources.isEmpty ? "" : "{\"args\":[\(arguments)],\"kwargs\":{}}")]}
        """
    }
    func model(_ layers: [String], inputs: String = #"["x",0,0]"#, outputs: String) -> String {
      """
      {"class_name":"Functional","config":{"name":"m","layers":[\(layers.joined(separator: ","))],\
      "input_layers":\(inputs),"output_layers":\(outputs)}}
      """
    }
    let x = layer("x", reads: [])
    #expect(try error(model([x, layer("a", reads: ["x"])], outputs: #"[["a",0,0]]"#)) == nil)
    #expect(
      try error(model([x, layer("a", reads: ["x"]), layer("b", reads: ["x"])], outputs: #"["b",0,0]"#))
        == .notAChain(layer: "b", reason: #"reads "x""#))
    #expect(
      try error(model([x, layer("a", reads: ["x"]), layer("b", reads: ["x", "a"])], outputs: #"["b",0,0]"#))
        == .notAChain(layer: "b", reason: #"reads "x" and "a""#))
    #expect(
      try error(model([x, layer("a", reads: ["x"])], outputs: #"[["a",0,0],["x",0,0]]"#))
        == .notAChain(layer: nil, reason: "has 2 outputs"))
    #expect(
      try error(model([x], inputs: #"[["x",0,0],["z",0,0]]"#, outputs: #"["x",0,0]"#))
        == .notAChain(layer: nil, reason: "has 2 inputs"))
    #expect(
      try error(model([x, layer("a", reads: ["x"]), layer("b", reads: ["a"])], outputs: #"["a",0,0]"#))
        == .notAChain(layer: "a", reason: "is the output and not the last layer"))
  }

  // MARK: Weights

  @Test func `Weights must be those of the layers, no more and no less`() throws {
    typealias Test = ModelErrorTests
    let document = Test.document(Test.up)
    #expect(try error(document, weights: Safetensors.file([Test.kernel, Test.bias])) == nil)
    #expect(
      try error(document, weights: Safetensors.file([Test.kernel])) == .missingWeight("y/bias", shape: [3]))
    #expect(
      try error(document, weights: Safetensors.file([])) == .missingWeight("y/kernel", shape: [2, 2, 3, 2]))
    #expect(
      try error(
        document, weights: Safetensors.file([Test.kernel, Test.bias, (name: "z/bias", tensor: Test.ones([1]))]))
        == .extraWeights(["z/bias"]))
    #expect(
      try error(
        document, weights: Safetensors.file([(name: "y/kernel", tensor: Test.ones([2, 2, 2, 3])), Test.bias]))
        == .misshapenWeight("y/kernel", shape: [2, 2, 2, 3], expected: [2, 2, 3, 2]))
    let integers = Safetensors.file(
      [("y/kernel", [2, 2, 3, 2], [UInt8](repeating: 1, count: 24)), ("y/bias", [3], [1, 1, 1])], type: "U8")
    #expect(try error(document, weights: integers) == .wrongElementType("y/kernel", type: "uint8"))
  }

  @Test func `Weights that are not finite are refused unless they are allowed`() throws {
    typealias Test = ModelErrorTests
    for value in [Float.nan, .infinity, -.infinity] {
      let bias = Tensor(dimensions: [3], elements: [1, value, 1])!
      let weights = Safetensors.file([Test.kernel, (name: "y/bias", tensor: bias)])
      #expect(
        try error(Test.document(Test.up), weights: weights)
          == .nonFiniteWeight("y/bias", index: 1, value: "\(value)"))
      #expect(
        try error(Test.document(Test.up), weights: weights, ModelLimits(allowsNonFiniteWeights: true)) == nil)
    }
  }

  @Test func `A variance that has no root is refused`() throws {
    let weights = ["gamma", "beta", "moving_mean", "moving_variance"].map { name in
      (
        name: "y/\(name)",
        tensor: Tensor(dimensions: [2], elements: name == "moving_variance" ? [1, -0.5] : [1, 1])!
      )
    }
    let document = ModelErrorTests.document(ModelErrorTests.layer("BatchNormalization", ""))
    #expect(
      try error(document, weights: Safetensors.file(weights))
        == .negativeVariance("y/moving_variance", index: 1, value: "-0.5"))
  }

  @Test func `A file of weights that is cut off anywhere is refused`() throws {
    typealias Test = ModelErrorTests
    let whole = Safetensors.file([Test.kernel, Test.bias])
    for count in [0, 7, 8, 20, whole.count / 2, whole.count - 1] {
      guard case .safetensors = try error(Test.document(Test.up), weights: Array(whole.prefix(count))) else {
        Issue.record("\(count) bytes of \(whole.count)")
        continue
      }
    }
    guard case .safetensors(.trailingBytes) = try error(Test.document(Test.up), weights: whole + [0]) else {
      Issue.record("a byte too many")
      return
    }
  }

  @Test func `A model larger than the limit is refused before its weights are read`() throws {
    typealias Test = ModelErrorTests
    // 24 + 3 numbers.
    #expect(try error(Test.document(Test.up), ModelLimits(maxModelBytes: 108)) == nil)
    #expect(
      try error(Test.document(Test.up), ModelLimits(maxModelBytes: 107)) == .tooManyWeights(bytes: 108, maxBytes: 107))
    let vast = Test.layer("Dense", "\"units\":4294967296")
    let shape = "[null,1099511627776]"
    #expect(
      try error(Test.document(vast, shape: shape)) == .tooManyWeights(bytes: .max, maxBytes: 1 << 30))
  }

  // MARK: Files

  @Test func `Files that are missing, no files or too large are named`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ModelError.missingFile("model.json")) { try folder.model() }
    try FileManager.default.createDirectory(atPath: folder.path + "/model.json", withIntermediateDirectories: true)
    #expect(throws: ModelError.notAFile("model.json")) { try folder.model() }
    try FileManager.default.removeItem(atPath: folder.path + "/model.json")
    #expect(mkfifo(folder.path + "/model.json", 0o600) == 0)
    #expect(throws: ModelError.notAFile("model.json")) { try folder.model() }
    try FileManager.default.removeItem(atPath: folder.path + "/model.json")
    let large = 8 << 20 + 1
    try folder.write([UInt8](repeating: 32, count: large), to: "model.json")
    #expect(throws: ModelError.fileTooLarge(file: "model.json", bytes: large, maxBytes: 8 << 20)) {
      try folder.model()
    }
    #expect(throws: ModelError.unreadable(file: "/nowhere", reason: "No such file or directory")) {
      try Model(directory: "/nowhere")
    }
  }

  @Test func `Links may lead within the root and nowhere else`() throws {
    let (root, outside) = (try TemporaryFolder(), try TemporaryFolder())
    let files = FileManager.default
    let document = ModelErrorTests.document(ModelErrorTests.up)
    try outside.write(document, to: "model.json")
    try root.write(document, to: "elsewhere.json")
    try files.createDirectory(atPath: root.path + "/1", withIntermediateDirectories: true)
    let link = root.path + "/1/model.json"

    try files.createSymbolicLink(atPath: link, withDestinationPath: outside.path + "/model.json")
    #expect(throws: ModelError.linkLeavesFolder(file: "model.json")) {
      try Model(directory: root.path + "/1", within: root.path)
    }
    try files.removeItem(atPath: link)
    try files.createSymbolicLink(atPath: link, withDestinationPath: "../elsewhere.json")
    #expect(throws: ModelError.linkLeavesFolder(file: "model.json")) { try Model(directory: root.path + "/1") }
    #expect(try Model(directory: root.path + "/1", within: root.path).name == "m")
  }
}
