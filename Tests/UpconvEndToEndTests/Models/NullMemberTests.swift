import Testing
import UpconvRepository

/// Clients that write every optional member write null for one that is absent (KServe's older SDKs, pydantic's models).
@Suite struct NullMemberTests {
  private static let nulls =
    #""id":null,"parameters":null,"outputs":null,"unknown":null,"#
    + #""inputs":[{"name":"x","shape":[1,1,1,1],"datatype":"FP32","parameters":null,"data":[4]}]"#

  @Test func `An inference request may have null for each optional member`() throws {
    let server = try ModelServer()
    let answer = try server.infer("{\(Self.nulls)}")
    #expect(answer.outputData == [8], "\(answer.text)")
    #expect(!answer.text.contains("\"id\""))
    let parameters = try server.infer(
      #"{"parameters":{"timeout":null,"priority":null,"binary_data_output":null,"sequence_id":null},"#
        + #""outputs":[{"name":"y","parameters":{"binary_data":null,"classification":null}}],"#
        + #""inputs":[{"name":"x","shape":[1,1,1,1],"datatype":"FP32","#
        + #""parameters":{"binary_data_size":null,"shared_memory_region":null},"data":[4]}]}"#)
    #expect(parameters.outputData == [8], "\(parameters.text)")
    let binary = try server.infer(
      #"{"inputs":[{"name":"x","shape":[1,1,1,1],"datatype":"FP32","data":null,"#
        + #""parameters":{"binary_data_size":4}}]}"#,
      ModelServer.bytes([4]))
    #expect(binary.outputData == [8], "\(binary.text)")
  }

  @Test func `Null for what is needed is as if it were not there`() throws {
    let server = try ModelServer()
    #expect(try server.infer(#"{"inputs":null}"#).error == "inputs is missing")
    let datatype = try server.infer(
      #"{"inputs":[{"name":"x","shape":[1,1,1,1],"datatype":null,"data":[4]}]}"#)
    #expect(datatype.error == "inputs[0].datatype is missing")
  }

  @Test func `TensorFlow Serving's interface takes null, too`() throws {
    let server = try ModelServer()
    let answer = try server.post(
      "/v1/models/scale:predict", #"{"signature_name":null,"inputs":null,"instances":[[[[4]]]]}"#)
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.text.contains("8"))
  }

  @Test func `The repository's interface takes null, too`() throws {
    let server = try ModelServer(repository: { $0.mode = .explicit })
    #expect(try server.post("/v2/repository/index", #"{"ready":null}"#).status == 200)
    for content in [#"{"parameters":null}"#, #"{"parameters":{"config":null}}"#] {
      #expect(try server.post("/v2/repository/models/scale/load", content).status == 200, "\(content)")
    }
  }
}
