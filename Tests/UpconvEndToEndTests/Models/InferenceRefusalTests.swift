import Testing

/// What is no inference request for a model is refused in a sentence that names the field.
@Suite struct InferenceRefusalTests {
  private static func input(_ members: String) -> String { #"{"inputs":[{\#(members)}]}"# }
  private static let one = #""name":"x","shape":[1,1,1,1],"datatype":"FP32""#
  private static let fine = #"{"inputs":[{"name":"x","shape":[1,1,1,1],"datatype":"FP32","data":[1]}]"#

  /// The request, the field, and words of the sentence.
  static let refused: [(json: String, field: String?, words: String)] = [
    ("[]", nil, "the request must be a JSON object"), ("", nil, "no content"), ("{", nil, "JSON"),
    ("{}", "inputs", "inputs is missing"), (#"{"inputs":{}}"#, "inputs", "must be a list of inputs"),
    (#"{"inputs":[]}"#, "inputs", "has 0 inputs, but the model takes one, x"),
    (#"{"inputs":[1]}"#, "inputs[0]", "must be an object with name"),
    (fine.dropLast() + #",{\#(one),"data":[1]}]}"#, "inputs", "has 2 inputs"),
    (input(#""name":"z","shape":[1,1,1,1],"datatype":"FP32","data":[1]"#), "inputs", "no input \"z\"; its input is x"),
    (input(#""shape":[1,1,1,1],"datatype":"FP32","data":[1]"#), "inputs[0].name", "is missing"),
    (input(#""name":7,"shape":[1,1,1,1],"datatype":"FP32","data":[1]"#), "inputs[0].name", "must be a string"),
    (input(#""name":"x","datatype":"FP32","data":[1]"#), "inputs[0].shape", "is missing"),
    (input(#""name":"x","shape":[1,1,1,1],"data":[1]"#), "inputs[0].datatype", "is missing"),
    (input(one), "inputs[0]", "has no data"),
    (
      input(#""name":"x","shape":[1,1,1,1],"datatype":"BYTES","data":["a"]"#), "inputs[0].data[0]",
      "only numbers and arrays of them are allowed there"
    ),
    (
      input(#""name":"x","shape":[1,1,1,1],"datatype":"BYTES","data":[1]"#), "inputs[0].datatype", "must be one of BOOL"
    ),
    (input(#""name":"x","shape":[1,1,1,1],"datatype":"fp32","data":[1]"#), "inputs[0].datatype", "\"fp32\""),
    (input(#""name":"x","shape":[1,1,1,1],"datatype":"FP16","data":[1]"#), "inputs[0].data", "no form in JSON"),
    (input(#""name":"x","shape":[1,1,1,1],"datatype":"BF16","data":[1]"#), "inputs[0].data", "no form in JSON"),
    (
      input(#""name":"x","shape":[1,1,1,1],"datatype":"UINT8","data":[256]"#), "inputs[0].data",
      "holds 256.0, which is no UINT8"
    ),
    (
      input(#""name":"x","shape":[1,1,1,1],"datatype":"INT8","data":[0.5]"#), "inputs[0].data",
      "holds 0.5, which is no INT8"
    ),
    (input(#""name":"x","shape":[1,1,1,1],"datatype":"FP32","data":[true]"#), "inputs[0].data", "holds true or false"),
    (input(#""name":"x","shape":[-1,1,1,1],"datatype":"FP32","data":[1]"#), "inputs[0].shape", "has a negative length"),
    (input(#""name":"x","shape":[1.5,1,1,1],"datatype":"FP32","data":[1]"#), "inputs[0].shape", "whole numbers"),
    (
      input(#""name":"x","shape":[4294967296,4294967296,1,1],"datatype":"FP32","data":[1]"#), "inputs[0].shape",
      "too large"
    ),
    (input(#""name":"x","shape":[1,1,1,1,1,1,1,1,1],"datatype":"FP32","data":[1]"#), "inputs[0].shape", "9 axes"),
    (
      input(#""name":"x","shape":[1,1,2,1],"datatype":"FP32","data":[1]"#), "inputs[0].data",
      "holds 1 numbers, but the shape [1,1,2,1] asks for 2"
    ),
    (input(#""name":"x","shape":[1,1,2,1],"datatype":"FP32","data":[[1,2]]"#), "inputs[0].data", "nested as [1,2]"),
    (
      input(#""name":"x","shape":[1,1,2,1],"datatype":"FP32","data":[[[[1],[2,3]]]]"#), "inputs[0].data[0][0][1]",
      "has 2 elements"
    ),
    (
      input(#""name":"x","shape":[1,1,1,2],"datatype":"FP32","data":[1,2]"#), "inputs",
      "[1,1,1,2], but the model takes [any,any,any,1]"
    ),
    (input(#""name":"x","shape":[1,1,1],"datatype":"FP32","data":[1]"#), "inputs", "[1,1,1], but the model takes"),
    (input(#""name":"x","shape":[1,0,1,1],"datatype":"FP32","data":[]"#), "inputs", "only its batch may be 0"),
    (input(#""name":"x","shape":[1,1,1,1],"datatype":"FP32","data":[NaN]"#), "inputs[0].data[0]", "NaN"),
    (
      input(one + #","data":[1],"parameters":{"binary_data_size":4}"#), "inputs[0]",
      "both data and binary_data_size"
    ),
    (
      input(one + #","data":[1],"parameters":{"shared_memory_region":"r"}"#),
      "inputs[0].parameters.shared_memory_region", "not offered here"
    ),
    (input(one + #","data":[1],"parameters":[]"#), "inputs[0].parameters", "must be an object"),
    (fine + #","id":5}"#, "id", "must be a string"), (fine + #","parameters":3}"#, "parameters", "must be an object"),
    (fine + #","parameters":{"timeout":-1}}"#, "parameters.timeout", "0 or more"),
    (fine + #","parameters":{"binary_data_output":1}}"#, "parameters.binary_data_output", "true or false"),
    (fine + #","parameters":{"sequence_id":1}}"#, "parameters.sequence_id", "extension sequence"),
    (fine + #","outputs":{}}"#, "outputs", "must be a list"),
    (fine + #","outputs":[1]}"#, "outputs[0]", "must be an object"),
    (fine + #","outputs":[{}]}"#, "outputs[0].name", "is missing"),
    (fine + #","outputs":[{"name":"z"}]}"#, "outputs", "no output \"z\"; its output is y"),
    (fine + #","outputs":[{"name":"y"},{"name":"y"}]}"#, "outputs", "\"y\" is asked for more than once"),
    (
      fine + #","outputs":[{"name":"y","parameters":{"classification":3}}]}"#, "outputs[0].parameters.classification",
      "classification"
    ),
    (
      fine + #","outputs":[{"name":"y","parameters":{"binary_data":"yes"}}]}"#, "outputs[0].parameters.binary_data",
      "true or false"
    ),
    (fine + #","inputs":[]}"#, nil, "inputs"),
  ]

  @Test func `Each is answered 400 with its field and the rule, and the next request is served`() throws {
    let server = try ModelServer()
    let client = try server.server.connect()
    for (json, field, words) in Self.refused {
      try client.send(TestRequest.post(Array(json.utf8), path: "/v2/models/scale/infer"))
      let answer = try client.readResponse()
      #expect(answer.status == 400, "\(json)")
      #expect(answer["content-type"] == "application/problem+json")
      #expect(answer.error.contains(words), "\(json): \(answer.error)")
      if let field { #expect(answer.json?["field"] as? String == field, "\(json): \(answer.text)") }
    }
    try client.send(TestRequest.post(Array((Self.fine + "}").utf8), path: "/v2/models/scale/infer"))
    #expect(try client.readResponse().outputData == [2])
  }

  /// The header's value, the JSON, the bytes behind it, and words of the sentence.
  static let refusedBinary: [(length: String?, json: String, bytes: Int, words: String)] = {
    func request(_ size: String, shape: String = "[1,1,2,1]") -> String {
      #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"FP32","parameters":{"binary_data_size":\#(size)}}]}"#
    }
    let right = request("8")
    return [
      ("-1", right, 8, "Inference-Header-Content-Length is \"-1\", but must be a whole number"),
      ("+5", right, 8, "must be a whole number"), ("", right, 8, "must be a whole number"),
      ("1e2", right, 8, "must be a whole number"), ("99999999999999999999", right, 8, "must be a whole number"),
      ("5, 5", right, 8, "must be a whole number"),
      ("9223372036854775807", right, 0, "the content has only"), ("100000", right, 0, "the content has only"),
      ("100000", right, 8, "follows the JSON document"),
      ("10", right, 8, "JSON"), (nil, right, 8, "JSON"),
      ("\(right.utf8.count)", right, 0, "ends 8 bytes before the end of the data of inputs[0]"),
      ("\(right.utf8.count)", right, 7, "ends 1 bytes before the end"),
      ("\(right.utf8.count)", right, 9, "bytes follow the last tensor"),
      ("\(request("4").utf8.count)", request("4"), 4, "is 4, but the shape and the datatype ask for 8 bytes"),
      ("\(request("-8").utf8.count)", request("-8"), 8, "0 or more"),
      ("\(request("1.5").utf8.count)", request("1.5"), 8, "0 or more"),
    ]
  }()

  @Test func `A binary request whose lengths do not agree is refused`() throws {
    let server = try ModelServer()
    for (length, json, bytes, words) in Self.refusedBinary {
      let answer = try server.infer(
        Array(json.utf8) + [UInt8](repeating: 0, count: bytes), type: nil,
        fields: length.map { [("Inference-Header-Content-Length", $0)] } ?? [])
      #expect(answer.status == 400, "\(length ?? "none") \(bytes)")
      #expect(answer.error.contains(words), "\(length ?? "none") \(bytes): \(answer.error)")
    }
    let twice = try server.infer(
      Array("{}".utf8), type: nil,
      fields: [("Inference-Header-Content-Length", "2"), ("Inference-Header-Content-Length", "2")])
    #expect(twice.status == 400)
    #expect(twice.json?["field"] as? String == "Inference-Header-Content-Length")
  }

  @Test(
    arguments: [
      ("image", 12, "has 12 bytes, but the model's input takes 16"), ("image", 17, "takes 16"),
      ("image", 32, "takes 16"), ("image", 0, "no content"),
      ("scale", 4, "more than one variable axis besides the batch"),
    ])
  func `A raw request of the wrong size is refused`(model: String, bytes: Int, words: String) throws {
    let server = try ModelServer()
    let answer = try server.infer(
      [UInt8](repeating: 0, count: bytes), model: model, type: nil, fields: [("Inference-Header-Content-Length", "0")])
    #expect(answer.status == 400)
    #expect(answer.error.contains(words), "\(answer.error)")
  }

  @Test func `Kinds and codings that are not read, and answers that are not given`() throws {
    let server = try ModelServer()
    let content = Array((Self.fine + "}").utf8)
    #expect(try server.infer(content, type: "text/plain").status == 415)
    #expect(
      try server.infer(content, fields: [("Content-Encoding", "br")])["accept-encoding"] == "gzip, deflate, identity")
    #expect(try server.infer(content, fields: [("Content-Encoding", "gzip, gzip")]).status == 415)
    #expect(try server.infer(content, fields: [("Accept", "text/html")]).status == 406)
    #expect(try server.infer(content, fields: [("Content-Encoding", "gzip")]).error.contains("gzip"))
    #expect(try server.server.exchange(TestRequest.get("/v2/models/scale/infer", method: "POST")).status == 411)
    #expect(try server.get("/v2/models/scale/infer").status == 405)
  }

  @Test(
    arguments: [
      ("/v2/models/nobody/infer", 404), ("/v2/models/scale/versions/9/infer", 404),
      ("/v2/models/scale/versions/x/infer", 404), ("/v2/models/scale/versions//infer", 404),
      ("/v2/models/scale/versions/99999999999999999999/infer", 404), ("/v2/models/a%2Fscale/infer", 404),
      ("/v2/models/../scale/infer", 400), ("/v2/models/%2e%2e/infer", 400), ("/v2/models/.scale/infer", 404),
      ("/v2/models//infer", 404), ("/v2/models/scale/infer/", 404), ("/v2/models/Scale/infer", 404),
    ])
  func `A model that is not there is not found, however it is spelled`(path: String, status: Int) throws {
    let server = try ModelServer()
    let answer = try server.post(path, Self.fine + "}")
    #expect(answer.status == status, "\(answer.text)")
    #expect(!answer.error.isEmpty)
  }
}
