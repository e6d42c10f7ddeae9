import Testing
import UpconvRepository

/// The Open Inference Protocol in JSON.
@Suite struct InferenceJSONTests {
  @Test(
    arguments: [
      "[1,2,3,4]", "[[[[1],[2]],[[3],[4]]]]", "[ 1.0 , 2e0,\n3 ,4.0 ]",
    ])
  func `Data come flat or nested, and go back flat`(data: String) throws {
    let server = try ModelServer()
    let answer = try server.infer(ModelServer.request(shape: [1, 2, 2, 1], data: data))
    #expect(
      answer.text == #"{"model_name":"scale","model_version":"3","outputs":[{"name":"y","datatype":"FP32","#
        + #""shape":[1,2,2,1],"data":[2,4,6,8]}]}"# + "\n")
    #expect(answer["content-type"] == "application/json")
    #expect(answer["inference-header-content-length"] == nil)
    #expect(answer["vary"] == "Accept, Accept-Encoding")
  }

  @Test(
    arguments: [
      ("BOOL", "[true,false]", [2, 0]), ("BOOL", "[1,0]", [2, 0]), ("UINT8", "[0,255]", [0, 510]),
      ("UINT16", "[0,65535]", [0, 131_070]), ("UINT32", "[0,4294967295]", [0, 8_589_934_592]),
      ("UINT64", "[0,18446744073709551615]", [0, 36_893_488_147_419_103_232]), ("INT8", "[-128,127]", [-256, 254]),
      ("INT16", "[-32768,32767]", [-65536, 65534]), ("INT32", "[-2147483648,5]", [-4_294_967_296, 10]),
      ("INT64", "[-9223372036854775808,5]", [-18_446_744_073_709_551_616, 10]), ("FP32", "[0.5,-1e30]", [1, -2e30]),
      ("FP64", "[0.1,1e-50]", [0.2, 0]),
    ] as [(String, String, [Float])])
  func `Every datatype with a form in JSON is converted`(datatype: String, data: String, expected: [Float]) throws {
    let server = try ModelServer()
    let answer = try server.infer(ModelServer.request(shape: [1, 1, 2, 1], data: data, datatype: datatype))
    #expect(answer.outputData == expected, "\(answer.text)")
    #expect(answer.output?["datatype"] as? String == "FP32")
  }

  @Test func `The id comes back as it came, and parameters nobody knows are taken`() throws {
    let server = try ModelServer()
    let more =
      #","id":"a\"\u00e4\n😀","parameters":{"timeout":30000000,"priority":2,"mine":"x","sure":true},"# + #""unknown":{}"#
    let answer = try server.infer(ModelServer.request(shape: [1, 1, 1, 1], data: "[4]", more: more))
    #expect(answer.json?["id"] as? String == "a\"ä\n😀")
    #expect(answer.outputData == [8])
  }

  @Test(arguments: [#"[{"name":"y"}]"#, "[]", "null", #"[{"name":"y","parameters":{"binary_data":false}}]"#])
  func `The output is asked for by name, or not at all`(outputs: String) throws {
    let server = try ModelServer()
    let answer = try server.infer(
      ModelServer.request(shape: [1, 1, 1, 1], data: "[4]", more: #","outputs":\#(outputs)"#))
    #expect(answer.outputData == [8])
  }

  @Test(arguments: ["/v2/models/scale/versions/3/infer", "/v2/models/scale/infer"])
  func `A version may be named`(path: String) throws {
    let server = try ModelServer()
    let answer = try server.post(path, ModelServer.request(shape: [1, 1, 1, 1], data: "[4]"))
    #expect(answer.json?["model_version"] as? String == "3")
  }

  @Test func `An empty batch gives an empty output`() throws {
    let server = try ModelServer()
    let answer = try server.infer(ModelServer.request(shape: [0, 2, 2, 1], data: "[]"))
    #expect(answer.outputShape == [0, 2, 2, 1])
    #expect(answer.outputData == [])
  }

  @Test func `A batch larger than the batch size runs alone`() throws {
    let server = try ModelServer(repository: { $0.policy.maxBatchSize = 2 })
    let answer = try server.infer(ModelServer.request(shape: [5, 1, 1, 1], data: "[1,2,3,4,5]"))
    #expect(answer.outputData == [2, 4, 6, 8, 10])
  }

  @Test(arguments: [nil, "application/x-www-form-urlencoded", "application/json; charset=utf-8"])
  func `JSON needs no media type, and curl's is taken for it`(type: String?) throws {
    let server = try ModelServer()
    let content = Array(ModelServer.request(shape: [1, 1, 1, 1], data: "[4]").utf8)
    #expect(try server.infer(content, type: type).outputData == [8])
  }

  @Test func `An output that JSON cannot say is refused, and goes out as bytes`() throws {
    let server = try ModelServer()
    let content = ModelServer.request(shape: [1, 1, 1, 1], data: "[3e38]")
    let refused = try server.infer(content)
    #expect(refused.status == 422)
    #expect(refused.error.contains("the output has inf at [0,0,0,0]"))
    let answer = try server.infer(content.dropLast() + #","parameters":{"binary_data_output":true}}"#)
    #expect(ModelServer.floats(try #require(answer.parts).tensors) == [.infinity])
  }
}
