import Foundation
import Testing
import UpconvRepository
import UpconvTestSupport

/// The index of the repository, and loading and unloading by request.
@Suite struct RepositoryEndpointTests {
  private func index(_ answer: TestResponse) -> [[String: String]] {
    ((try? JSONSerialization.jsonObject(with: Data(answer.content))) as? [[String: String]]) ?? []
  }

  @Test(arguments: ["/v2/repository/index", "/v2/repository/main/index"], ["", "{}", #"{"ready":false}"#])
  func `The index lists every version with its state and reason`(path: String, content: String) throws {
    let server = try ModelServer()
    try server.folder.write("broken/model.json", "{")
    let other = try TestServer(models: server.server.repository.configuration)
    let answer = try other.post(Array(content.utf8), path: path)
    let index = index(answer)
    #expect(index.map { $0["name"] } == ["broken", "image", "scale"])
    #expect(index.map { $0["state"] } == ["UNAVAILABLE", "READY", "READY"])
    #expect(index.map { $0["version"] } == ["1", "1", "3"])
    #expect(index[0]["reason"]?.contains("model.json") ?? false)
    let ready = try other.post(Array(#"{"ready":true}"#.utf8), path: path)
    #expect(self.index(ready).map { $0["name"] } == ["image", "scale"])
  }

  @Test(arguments: ["/v2/repository/models", "/v2/repository/main/models"])
  func `In explicit mode models come and go as they are told`(path: String) throws {
    let server = try ModelServer(repository: { $0.mode = .explicit })
    let infer = ModelServer.request(shape: [1, 1, 1, 1], data: "[4]")
    #expect(try server.infer(infer).status == 503)
    #expect(index(try server.post("/v2/repository/index")).map { $0["reason"] } == ["unloaded", "unloaded"])
    // What tritonclient sends.
    let load = try server.post(path + "/scale/load", "{}")
    #expect(load.status == 200)
    #expect(load.content.isEmpty)
    #expect(try server.infer(infer).outputData == [8])
    try server.folder.write("scale/3", weight: 5)
    #expect(try server.post(path + "/scale/load").status == 200)
    #expect(try server.infer(infer).outputData == [20])
    try server.folder.write("scale/3/weights.safetensors", [1])
    let failed = try server.post(path + "/scale/load")
    #expect(failed.status == 400)
    #expect(failed.error.contains("weights.safetensors"))
    #expect(try server.infer(infer).outputData == [20])
    #expect(index(try server.post("/v2/repository/index"))[1]["reason"]?.contains("weights.safetensors") ?? false)
    let unload = try server.post(path + "/scale/unload", #"{"parameters":{"unload_dependents":false}}"#)
    #expect(unload.status == 200)
    #expect(try server.infer(infer).error.contains("the model scale is not ready: unloaded"))
    #expect(try server.post(path + "/nobody/load").status == 404)
    #expect(try server.post(path + "/nobody/unload").status == 404)
  }

  @Test func `What loading does not take is refused`() throws {
    let server = try ModelServer(repository: { $0.mode = .explicit })
    let configured = try server.post("/v2/repository/models/scale/load", #"{"parameters":{"config":"{}"}}"#)
    #expect(configured.status == 400)
    #expect(configured.json?["field"] as? String == "parameters.config")
    #expect(try server.post("/v2/repository/models/scale/load", "[1]").error.contains("must be a JSON object"))
    #expect(try server.post("/v2/repository/models/scale/load", "{").error.contains("JSON"))
    #expect(try server.post("/v2/repository/index", #"{"ready":1}"#).error.contains("true or false"))
    for path in ["/scale/reload", "/scale/load/x", "//load/", "/load"] {
      #expect(try server.post("/v2/repository/models" + path).status == 404, "\(path)")
    }
    #expect(try server.get("/v2/repository/index").status == 405)
  }

  @Test(arguments: [ModelControlMode.none, .poll])
  func `In the other modes orders are refused with the flag that would allow them`(mode: ModelControlMode) throws {
    let server = try ModelServer(repository: { $0.mode = mode })
    for action in ["load", "unload"] {
      let answer = try server.post("/v2/repository/models/scale/\(action)")
      #expect(answer.status == 403)
      #expect(answer.error.contains("--model-control-mode explicit; it is \(mode.rawValue)"))
    }
    #expect(try server.infer(ModelServer.request(shape: [1, 1, 1, 1], data: "[4]")).outputData == [8])
  }
}
