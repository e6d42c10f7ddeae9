import Testing
import UpconvCompression
import UpconvRepository
import UpconvService
import UpconvTestSupport

/// TensorFlow Serving's REST interface.
@Suite struct PredictionTests {
  @Test(
    arguments: [
      (#"{"instances":[[[[1],[2]]],[[[3],[4]]]]}"#, #"{"predictions":[[[[2],[4]]],[[[6],[8]]]]}"#),
      (#"{"instances":[{"x":[[[1],[2]]]},{"x":[[[3],[4]]]}]}"#, #"{"predictions":[[[[2],[4]]],[[[6],[8]]]]}"#),
      (#"{"inputs":[[[[1],[2]]]]}"#, #"{"outputs":[[[[2],[4]]]]}"#),
      (#"{"inputs":{"x":[[[[1],[2]]]]}}"#, #"{"outputs":[[[[2],[4]]]]}"#),
      (#"{"signature_name":"serving_default","inputs":[[[[1]]]]}"#, #"{"outputs":[[[[2]]]]}"#),
      (#"{"inputs":[[[[1]]]],"signature_name":"serving_default"}"#, #"{"outputs":[[[[2]]]]}"#),
    ])
  func `Rows and columns, with names and without`(request: String, expected: String) throws {
    let server = try ModelServer()
    for path in ["/v1/models/scale:predict", "/v1/models/scale/versions/3:predict"] {
      let answer = try server.post(path, request)
      #expect(answer.text == expected + "\n")
      #expect(answer["content-type"] == "application/json")
    }
  }

  @Test func `Compressed both ways, whatever the media type`() throws {
    let server = try ModelServer(service: { $0.minGzipBytes = 10 })
    let answer = try server.server.post(
      Deflater.gzip(Array(#"{"inputs":[[[[1],[2]]]]}"#.utf8)), path: "/v1/models/scale:predict", type: "text/plain",
      fields: [("Content-Encoding", "gzip"), ("Accept-Encoding", "gzip")])
    #expect(answer.status == 200)
    #expect(answer["content-encoding"] == "gzip")
  }

  @Test(
    arguments: [
      ("", "empty"), ("[]", "must be a JSON object"), ("{", "JSON"),
      ("{}", "neither instances (rows) nor inputs (a column)"),
      (#"{"instances":[[[[1]]]],"inputs":[[[[1]]]]}"#, "both instances and inputs"),
      (#"{"instances":[]}"#, "[0]"), (#"{"instances":5}"#, "instances must be a tensor"),
      (#"{"instances":[{"z":[[[1]]]}]}"#, "no input \"z\"; its input is x"),
      (#"{"instances":[{"x":[[[1]]]},{}]}"#, "instances[1].x must be a tensor"),
      (#"{"instances":[{"x":[[[1]]]},5]}"#, "instances[1] must be a tensor"),
      (
        #"{"instances":[{"x":[[[1]]]},{"x":[[[1],[2]]]}]}"#,
        "instances[1] has the shape [1,2,1], but the first row has [1,1,1]"
      ),
      (#"{"inputs":{"x":[[[[1]]]],"z":[1]}}"#, "no input \"z\""), (#"{"inputs":{}}"#, "inputs.x must be a tensor"),
      (#"{"inputs":[[[[1],[2]],[[3]]]]}"#, "has 1 element"),
      (#"{"inputs":[[[[1,2]]]]}"#, "[1,1,1,2], but the model takes"),
      (#"{"inputs":[[[[NaN]]]]}"#, "NaN"), (#"{"inputs":[[[[Infinity]]]]}"#, "Infinity"),
      (#"{"inputs":[[[[{"b64":"AAAA"}]]]]}"#, "inputs[0][0][0][0]"),
      (#"{"signature_name":"other","inputs":[[[[1]]]]}"#, "signature_name is \"other\", but the one signature is"),
    ])
  func `What is no prediction is answered 400 with a sentence under error`(request: String, words: String) throws {
    let server = try ModelServer()
    let answer = try server.post("/v1/models/scale:predict", request)
    #expect(answer.status == 400, "\(request)")
    #expect(answer.error.contains(words), "\(request): \(answer.error)")
  }

  @Test(
    arguments: [
      ("/v1/models/nobody:predict", 404), ("/v1/models/scale/versions/9:predict", 404),
      ("/v1/models/scale/versions/x:predict", 404), ("/v1/models/scale:classify", 404),
      ("/v1/models/scale/versions/3:regress", 404), ("/v1/models/:predict", 404),
    ])
  func `Models and verbs that are not there`(path: String, status: Int) throws {
    #expect(try ModelServer().post(path, #"{"inputs":[[[[1]]]]}"#).status == status)
  }

  @Test func `Status tells the versions, and why one is not there`() throws {
    let server = try ModelServer()
    let status =
      #"{"model_version_status":[{"version":"3","state":"AVAILABLE","#
      + #""status":{"error_code":"OK","error_message":""}}]}"#
    #expect(try server.get("/v1/models/scale").text == status)
    #expect(try server.get("/v1/models/scale/versions/3").text == status)
    #expect(try server.get("/v1/models/scale/versions/4").status == 404)
    #expect(try server.get("/v1/models/nobody").status == 404)
    try server.folder.write("broken/2/model.json", "{")
    let other = try TestServer(models: server.server.repository.configuration)
    let text = try other.exchange(TestRequest.get("/v1/models/broken")).text
    #expect(text.contains(#""version":"2","state":"END","status":{"error_code":"FAILED_PRECONDITION""#))
  }

  @Test func `Metadata is the one signature, as protobuf writes it`() throws {
    let server = try ModelServer()
    func tensor(_ name: String) -> String {
      let sizes = [-1, 2, 2, 1].map { #"{"size":"\#($0)","name":""}"# }.joined(separator: ",")
      return
        #"{"\#(name)":{"dtype":"DT_FLOAT","tensor_shape":{"dim":[\#(sizes)],"unknown_rank":false},"name":"\#(name)"}}"#
    }
    let expected =
      #"{"model_spec":{"name":"image","signature_name":"","version":"1"},"metadata":{"signature_def":{"#
      + #""signature_def":{"serving_default":{"inputs":\#(tensor("x")),"outputs":\#(tensor("y")),"#
      + #""method_name":"tensorflow/serving/predict"}}}}}"#
    #expect(try server.get("/v1/models/image/metadata").text == expected)
    #expect(try server.get("/v1/models/image/versions/1/metadata").text == expected)
  }
}
