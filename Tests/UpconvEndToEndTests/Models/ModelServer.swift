import Foundation
import UpconvMemory
import UpconvRepository
import UpconvService
import UpconvTestSupport

/// A server with models of its own: `scale` gives twice its input, for images of any size with one channel; `image`
/// three times, for images of 2×2 with one channel.
final class ModelServer {
  let folder: ModelFolder
  let server: TestServer
  let memory: MemoryBudget

  init(
    repository change: (inout RepositoryConfiguration) -> Void = { _ in },
    service: (inout ServiceConfiguration) -> Void = { _ in }
  ) throws {
    folder = try ModelFolder()
    try folder.write("scale/3", weight: 2)
    try folder.write("image", weight: 3, image: [2, 2, 1])
    var configuration = RepositoryConfiguration()
    configuration.root = folder.path
    change(&configuration)
    var memory = MemoryBudget(maxBytes: .max)
    server = try TestServer(
      models: configuration,
      service: {
        service(&$0)
        memory = $0.memory
      })
    self.memory = memory
  }

  func infer(
    _ content: [UInt8], model: String = "scale", type: String? = "application/json", fields: [(String, String)] = []
  ) throws -> TestResponse {
    try server.post(content, path: "/v2/models/\(model)/infer", type: type, fields: fields)
  }

  func infer(_ json: String, model: String = "scale", fields: [(String, String)] = []) throws -> TestResponse {
    try infer(Array(json.utf8), model: model, fields: fields)
  }

  /// The JSON and the bytes behind it, as the binary extension has them.
  func infer(_ json: String, _ tensors: [UInt8], fields: [(String, String)] = []) throws -> TestResponse {
    try infer(
      Array(json.utf8) + tensors, type: "application/octet-stream",
      fields: [("Inference-Header-Content-Length", "\(json.utf8.count)")] + fields)
  }

  func get(_ path: String, method: String = "GET") throws -> TestResponse {
    let client = try server.connect()
    try client.send(TestRequest.get(path, method: method))
    return try client.readResponse(toHEAD: method == "HEAD")
  }

  func post(_ path: String, _ json: String = "") throws -> TestResponse {
    try server.post(Array(json.utf8), path: path)
  }

  /// A request of one input `x`.
  static func request(shape: [Int], data: String, datatype: String = "FP32", more: String = "") -> String {
    #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"\#(datatype)","data":\#(data)}]\#(more)}"#
  }

  static func bytes(_ elements: [Float]) -> [UInt8] { elements.withUnsafeBytes(Array.init) }

  static func floats(_ bytes: some Sequence<UInt8>) -> [Float] {
    let bytes = Array(bytes)
    return stride(from: 0, to: bytes.count / 4 * 4, by: 4).map { at in
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: Float.self) }
    }
  }
}

extension TestResponse {
  /// The first output of an inference answer in JSON.
  var output: [String: Any]? { (json?["outputs"] as? [[String: Any]])?.first }

  var outputData: [Float]? { (output?["data"] as? [NSNumber])?.map(\.floatValue) }

  var outputShape: [Int]? { output?["shape"] as? [Int] }

  /// The JSON of an answer with binary tensors, and what follows it.
  var parts: (json: [String: Any], tensors: ArraySlice<UInt8>)? {
    guard let length = self["inference-header-content-length"].flatMap({ Int($0) }), length <= content.count,
      let json = try? JSONSerialization.jsonObject(with: Data(content[..<length])) as? [String: Any]
    else { return nil }
    return (json, content[length...])
  }

  var error: String { json?["error"] as? String ?? text }
}
