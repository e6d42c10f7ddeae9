import Testing
import UpconvConvolution
import UpconvJSON
import UpconvTensor

@testable import UpconvService

/// Options and tensors by name: every way of saying them, and one test a case for what makes no sense.
@Suite struct OperationRequestTests {
  private let one = Tensor(dimensions: [1, 1, 1, 1], elements: [1])!

  private func request(
    _ options: [(String, String)], tensors: [String] = ["input", "filters"]
  ) throws(OperationError) -> OperationRequest {
    var parts = OperationParts()
    parts.tensors = tensors.map { ($0, one) }
    for (name, text) in options { parts.appendOption(name, text: text) }
    return try OperationRequest(parts)
  }

  private func operation(_ options: (String, String)...) throws -> TransposedConvolution {
    try request(options).operation
  }

  private func expect(
    _ error: OperationError, _ options: (String, String)..., tensors: [String] = ["input", "filters"]
  ) {
    #expect(throws: error) { try request(options, tensors: tensors) }
    #expect(error.description.contains(error.field))
  }

  // MARK: What can be said

  @Test func `Strides and dilations are a number, or one, two or four of them`() throws {
    for text in ["2", "[2]", "2,2", "[2,2]", "[1,2,2,1]", "1,2,2,1", "2.0", "2e0"] {
      #expect(try operation(("strides", text)).strides == Spatial(height: 2, width: 2), "\(text)")
    }
    #expect(try operation(("dilations", "[2,3]")).dilations == Spatial(height: 2, width: 3))
    #expect(
      try operation(("strides", "[1,1,2,3]"), ("data_format", "NCHW")).strides == Spatial(height: 2, width: 3))
  }

  @Test func `Padding is a name in any case, two pairs, or four pairs in the order of the layout`() throws {
    #expect(try operation(("padding", "SAME")).padding == .same)
    #expect(try operation(("padding", "\"valid\"")).padding == .valid)
    let edges = Padding.Edges(top: 1, bottom: 2, left: 3, right: 4)
    #expect(try operation(("padding", "[[1,2],[3,4]]")).padding == .explicit(edges))
    #expect(try operation(("padding", "[[0,0],[1,2],[3,4],[0,0]]")).padding == .explicit(edges))
    #expect(
      try operation(("padding", "[[0,0],[0,0],[1,2],[3,4]]"), ("data_format", "nchw")).padding == .explicit(edges))
  }

  @Test func `An output shape has two, three or four numbers, and may leave the batch open`() throws {
    let spatial = Spatial(height: 5, width: 6)
    #expect(try operation(("output_shape", "5,6")).outputShape == RequestedOutputShape(spatial: spatial))
    #expect(
      try operation(("output_shape", "5,6,7")).outputShape == RequestedOutputShape(spatial: spatial, channels: 7))
    #expect(
      try operation(("output_shape", "[3,5,6,7]")).outputShape
        == RequestedOutputShape(batch: 3, spatial: spatial, channels: 7))
    #expect(
      try operation(("output_shape", "[-1,7,5,6]"), ("data_format", "NCHW")).outputShape
        == RequestedOutputShape(batch: nil, spatial: spatial, channels: 7))
  }

  @Test func `Activations have their slopes`() throws {
    #expect(try operation(("activation", "ReLU")).activation == .relu)
    #expect(try operation(("activation", "leaky_relu")).activation == .leakyReLU(alpha: 0.2))
    #expect(try operation(("activation", "leaky_relu"), ("alpha", "0.5")).activation == .leakyReLU(alpha: 0.5))
  }

  @Test func `Exact is true or false, and false where nothing is said`() throws {
    #expect(try !request([]).isExact)
    #expect(try !request([("exact", "false")]).isExact)
    #expect(try request([("exact", "true")]).isExact)
  }

  @Test func `Exact switches Winograd's algorithm off`() throws {
    // The plan alone is looked at; its numbers are tested with the algorithms.
    let size = Tensor.filled(shape: try Shape([1, 64, 64, 64], limits: TensorLimits())) { $0.update(repeating: 1) }
    let kernel = Tensor.filled(shape: try Shape([3, 3, 64, 64], limits: TensorLimits())) { $0.update(repeating: 1) }
    func algorithm(_ options: [(String, String)]) throws -> (Algorithm, [Algorithm]) {
      var parts = OperationParts()
      parts.tensors = [("input", size), ("filters", kernel)]
      for (name, text) in options { parts.appendOption(name, text: text) }
      let plan = try OperationRequest(parts).plan(LayerCache(limits: ConvolutionLimits(), maxBytes: 0))
      return (plan.algorithm, plan.choice.estimates.map(\.algorithm))
    }
    #expect(try algorithm([]).0 == .winograd)
    let exact = try algorithm([("exact", "true")])
    #expect(exact.0 != .winograd)
    #expect(!exact.1.contains(.winograd))
  }

  @Test func `Null is the same as absent`() throws {
    #expect(
      try operation(("strides", "null"), ("output_padding", "null"), ("alpha", "null"), ("exact", "null"))
        == TransposedConvolution())
  }

  // MARK: What makes no sense

  @Test func `Unknown and misplaced names`() {
    expect(.unknownField(name: "kernel_size", nearest: nil), ("kernel_size", "3"))
    expect(.unknownField(name: "paddings", nearest: "padding"), ("paddings", "SAME"))
    expect(.tensorAsOption(name: "bias"), ("bias", "1"))
    expect(.unknownTensor(name: "weights", nearest: nil), tensors: ["input", "weights"])
    expect(.unknownTensor(name: "filter", nearest: "filters"), tensors: ["input", "filter"])
    expect(.optionAsTensor(name: "strides"), tensors: ["input", "filters", "strides"])
  }

  @Test func `Names that are given twice or not at all`() {
    expect(.duplicateField(name: "strides"), ("strides", "1"), ("strides", "1"))
    expect(.duplicateField(name: "input"), tensors: ["input", "filters", "input"])
    expect(.missingTensor(name: "input"), tensors: ["filters"])
    expect(.missingTensor(name: "filters"), tensors: ["input"])
  }

  @Test func `Values of a wrong kind or count`() {
    let rule = "a whole number, or a list of 1, 2 or 4 of them"
    expect(.wrongValue(field: "strides", value: "true", rule: rule), ("strides", "true"))
    expect(.wrongValue(field: "strides", value: "1.5", rule: rule), ("strides", "1.5"))
    expect(.wrongValue(field: "strides", value: "[1,[2]]", rule: rule), ("strides", "[1,[2]]"))
    expect(.wrongValue(field: "strides", value: "[]", rule: rule), ("strides", "[]"))
    expect(.wrongValue(field: "strides", value: "[1,2,3]", rule: rule), ("strides", "[1,2,3]"))
    for text in ["1", "[true]", "\"true\""] {
      expect(.wrongValue(field: "exact", value: text, rule: "true or false"), ("exact", text))
    }
    expect(.wrongValue(field: "groups", value: "[1]", rule: "a whole number"), ("groups", "[1]"))
  }

  @Test func `Batch and channel entries that are not neutral`() {
    expect(.batchOrChannelEntry(field: "strides", value: "[2,1,1,1]", neutral: 1), ("strides", "[2,1,1,1]"))
    expect(.batchOrChannelEntry(field: "dilations", value: "[1,1,1,2]", neutral: 1), ("dilations", "[1,1,1,2]"))
    let padding = "[[0,0],[0,0],[0,0],[0,1]]"
    expect(.batchOrChannelEntry(field: "padding", value: padding, neutral: 0), ("padding", padding))
  }

  @Test func `Names that an option does not know`() {
    expect(
      .unknownName(field: "data_format", value: "\"NHCW\"", accepted: ["NHWC", "NCHW"], nearest: "NHWC"),
      ("data_format", "NHCW"))
    expect(
      .unknownName(field: "activation", value: "\"gelu\"", accepted: Activation.names, nearest: "relu"),
      ("activation", "gelu"))
    expect(.alphaWithoutLeakyReLU(activation: "relu"), ("activation", "relu"), ("alpha", "0.1"))
  }

  @Test func `Tensors as JSON writes them`() throws {
    func tensor(_ json: String) throws(OperationError) -> Tensor {
      let value = try? JSONValue.parse(
        "{\"input\":\(json)}", limits: JSONLimits(), isNumberArray: JSONTensorField.isNumberArray)
      guard case .object(let members)? = value else { return one }
      return try JSONTensorField.tensor("input", members[0].value, limits: TensorLimits(maxElements: 100))
    }
    #expect(try tensor("[[1,2],[3,4]]").shape.dimensions == [2, 2])
    #expect(try tensor(#"{"shape":[2,2],"data":[1,2,3,4]}"#).elements == [1, 2, 3, 4])
    #expect(try tensor(#"{"data":[[1,2],[3,4]],"shape":[2,2]}"#).elements == [1, 2, 3, 4])
    #expect(try tensor(#"{"shape":[0,4,4,2],"data":[]}"#).shape.dimensions == [0, 4, 4, 2])
    func expect(_ error: OperationError, _ json: String) {
      #expect(throws: error) { try tensor(json) }
    }
    expect(.notATensor(field: "input", found: "\"x\""), #""x""#)
    expect(.notATensor(field: "input.data", found: "5"), #"{"shape":[1],"data":5}"#)
    expect(.unknownTensorMember(field: "input", name: "dat"), #"{"shape":[1],"dat":[1]}"#)
    expect(.missingTensorMember(field: "input", name: "shape"), #"{"data":[1]}"#)
    expect(.missingTensorMember(field: "input", name: "data"), #"{"shape":[1]}"#)
    expect(.shape(field: "input", .negativeDimension([-1])), #"{"shape":[-1],"data":[1]}"#)
    expect(.shapeAndData(field: "input", shape: [3], dataShape: [2]), #"{"shape":[3],"data":[1,2]}"#)
    expect(.shapeAndData(field: "input", shape: [1, 2], dataShape: [2, 1]), #"{"shape":[1,2],"data":[[1],[2]]}"#)
  }
}
