import Foundation
import Testing
import UpconvRepository
import UpconvScheduling
import UpconvService
import UpconvTestSupport

/// What is said of server and models without running them.
@Suite struct ModelResourceTests {
  @Test(arguments: ["/v2", "/v2/"])
  func `The server says what it is, and lists what works`(path: String) throws {
    let server = try ModelServer(service: { $0.version = "9.9" })
    let json = try #require(try server.get(path).json)
    #expect(json["name"] as? String == "upconv")
    #expect(json["version"] as? String == "9.9")
    #expect(
      json["extensions"] as? [String] == [
        "binary_tensor_data", "model_configuration", "model_repository", "parameters", "schedule_policy", "statistics",
      ])
  }

  @Test(arguments: ["/v2/models/image", "/v2/models/image/versions/1"])
  func `A model says what it takes and gives`(path: String) throws {
    let server = try ModelServer()
    #expect(
      try server.get(path).text == #"{"name":"image","versions":["1"],"platform":"upconv_keras","#
        + #""inputs":[{"name":"x","datatype":"FP32","shape":[-1,2,2,1],"parameters":{"data_format":"channels_last"}}],"#
        + #""outputs":[{"name":"y","datatype":"FP32","shape":[-1,2,2,1],"parameters":{"data_format":"channels_last"}}],"#
        + #""parameters":{"weights":"weights.safetensors"}}"# + "\n")
  }

  @Test func `A model says where its channels stand and where its weights come from`() throws {
    let server = try ModelServer()
    let document = ModelFolder.document(image: [3, nil, nil])
    try server.folder.write(
      "first/model.json",
      document.replacing(#""use_bias""#, with: #""data_format":"channels_first","use_bias""#)
        .replacing(#""filters":1"#, with: #""filters":2"#))
    try server.folder.write(
      "flat/model.json",
      #"{"class_name":"Sequential","config":{"layers":[{"class_name":"InputLayer","config":{"name":"x","#
        + #""batch_shape":[null,3,4,5]}},{"class_name":"Flatten","config":{"name":"f"}}]}}"#)
    let other = try TestServer(models: server.server.repository.configuration)
    func json(_ path: String) throws -> [String: Any] {
      let answer = try other.exchange(TestRequest.get("/v2/models/" + path))
      return try #require(answer.json, "\(answer.text)")
    }
    func parameters(_ value: Any?) -> [String: String]? {
      ((value as? [[String: Any]])?.first ?? value as? [String: Any])?["parameters"] as? [String: String]
    }
    let first = try json("first")
    #expect(parameters(first["inputs"]) == ["data_format": "channels_first"])
    #expect(parameters(first["outputs"]) == ["data_format": "channels_first"])
    #expect(parameters(first) == ["weights": "initialised from seed 0"])
    // An output that is no image has no such parameter; the input's follows from its lengths.
    let flat = try json("flat")
    #expect(parameters(flat["inputs"]) == ["data_format": "channels_first"])
    #expect(parameters(flat["outputs"]) == nil)
    #expect(parameters(flat) == ["weights": "none"])
    func format(_ model: String) throws -> String? {
      (try json(model + "/config")["input"] as? [[String: Any]])?.first?["format"] as? String
    }
    #expect(try format("first") == "FORMAT_NCHW")
    #expect(try format("image") == "FORMAT_NHWC")
  }

  @Test func `Names of models, readiness, and what is not there`() throws {
    let server = try ModelServer()
    #expect(try server.get("/v2/models").text == #"{"models":["image","scale"]}"#)
    #expect(try server.get("/v2/models/scale/ready").text == #"{"name":"scale","ready":true}"#)
    #expect(try server.get("/v2/models/scale/versions/3/ready").status == 200)
    #expect(try server.get("/v2/models/scale/versions/1/ready").status == 404)
    #expect(try server.get("/v2/models/nobody/ready").status == 404)
    #expect(try server.get("/v2/health/ready").status == 200)
  }

  @Test(
    arguments: [
      "/v2", "/v2/models", "/v2/models/scale", "/v2/models/scale/ready", "/v2/models/scale/config",
      "/v2/models/scale/stats", "/v2/models/stats", "/v1/models/scale", "/v1/models/scale/metadata",
    ])
  func `HEAD gives what GET gives, without content`(path: String) throws {
    let server = try ModelServer()
    let get = try server.get(path)
    let head = try server.get(path, method: "HEAD")
    #expect(head.status == 200)
    #expect(head.content.isEmpty)
    #expect(head["content-length"] == get["content-length"])
    #expect(head["content-type"] == "application/json")
    #expect(head["cache-control"] == "no-store")
  }

  @Test func `The configuration has what perf_analyzer reads`() throws {
    let server = try ModelServer(repository: { $0.policy.maxQueueDelay = .microseconds(300) })
    let json = try #require(try server.get("/v2/models/image/config").json)
    #expect(json["max_batch_size"] as? Int == 32)
    let input = try #require((json["input"] as? [[String: Any]])?.first)
    #expect(input["name"] as? String == "x")
    #expect(input["data_type"] as? String == "TYPE_FP32")
    #expect(input["dims"] as? [Int] == [2, 2, 1])
    #expect(input["optional"] as? Bool == false)
    #expect(input["is_shape_tensor"] as? Bool == false)
    #expect(((json["output"] as? [[String: Any]])?.first?["dims"]) as? [Int] == [2, 2, 1])
    #expect((json["dynamic_batching"] as? [String: Any])?["max_queue_delay_microseconds"] as? Int == 300)
    #expect((json["model_transaction_policy"] as? [String: Bool])?["decoupled"] == false)
  }

  @Test func `Where nothing is joined the configuration's shapes have their batch`() throws {
    let server = try ModelServer(repository: { $0.policy.maxBatchSize = 0 })
    let json = try #require(try server.get("/v2/models/image/config").json)
    #expect(json["max_batch_size"] as? Int == 0)
    #expect(json["dynamic_batching"] == nil)
    #expect(((json["input"] as? [[String: Any]])?.first?["dims"]) as? [Int] == [-1, 2, 2, 1])
    // Triton has formats for single images only.
    #expect(((json["input"] as? [[String: Any]])?.first?["format"]) as? String == "FORMAT_NONE")
  }

  @Test func `Statistics count before an answer can be seen, with every key`() throws {
    let server = try ModelServer()
    for batch in [1, 3] {
      let data = "[" + (0..<batch).map { "\($0)" }.joined(separator: ",") + "]"
      _ = try server.infer(ModelServer.request(shape: [batch, 1, 1, 1], data: data))
      let json = try #require(try server.get("/v2/models/scale/stats").json)
      let stats = try #require((json["model_stats"] as? [[String: Any]])?.first)
      #expect(stats["inference_count"] as? Int == (batch == 1 ? 1 : 4))
      #expect(stats["execution_count"] as? Int == (batch == 1 ? 1 : 2))
      #expect(stats["name"] as? String == "scale")
      #expect(stats["version"] as? String == "3")
      let inference = try #require(stats["inference_stats"] as? [String: [String: Int]])
      let keys = [
        "success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss",
      ]
      #expect(inference.keys.sorted() == keys.sorted())
      for key in keys { #expect(inference[key]?.keys.sorted() == ["count", "ns"]) }
      #expect(inference["success"]?["count"] == (batch == 1 ? 1 : 2))
    }
    let all = try #require(try server.get("/v2/models/stats").json?["model_stats"] as? [[String: Any]])
    #expect(all.map { $0["name"] as? String } == ["image", "scale"])
  }

  @Test func `Statistics of one version, and of all that are served`() throws {
    let server = try ModelServer(repository: { $0.policy.versions = .all })
    try server.folder.write("scale/5", weight: 9)
    let other = try TestServer(models: server.server.repository.configuration)
    func versions(_ path: String) throws -> [String?]? {
      (try other.exchange(TestRequest.get(path)).json?["model_stats"] as? [[String: Any]])?
        .map { $0["version"] as? String }
    }
    #expect(try versions("/v2/models/scale/stats") == ["5", "3"])
    #expect(try versions("/v2/models/scale/versions/3/stats") == ["3"])
    #expect(try other.exchange(TestRequest.get("/v2/models/scale/versions/4/stats")).status == 404)
  }

  @Test func `A server whose models cannot all be loaded is ready, unless readiness is strict`() throws {
    for isStrict in [false, true] {
      let server = try ModelServer()
      try server.folder.write("broken/model.json", "{")
      let other = try TestServer(
        models: server.server.repository.configuration, service: { $0.isReadinessStrict = isStrict })
      #expect(try other.exchange(TestRequest.get("/v2/health/ready")).status == (isStrict ? 503 : 200))
      let answer = try other.exchange(TestRequest.get("/v2/models/broken/ready"))
      #expect(answer.status == 503)
      #expect(answer.error.contains("model.json"))
    }
  }
}
