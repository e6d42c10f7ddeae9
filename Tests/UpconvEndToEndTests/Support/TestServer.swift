import Foundation
import Logging
import UpconvAccess
import UpconvHTTP
import UpconvRepository
import UpconvScheduling
import UpconvService
import UpconvTransport

/// A real server on a port of its own, in this process; it stops with the object.
final class TestServer {
  let service: Service
  let repository: ModelRepository
  let server: Server
  let compute: ComputeQueue
  var port: UInt16 { server.port }

  /// - Parameters:
  ///   - models: what the repository holds; it is loaded before this returns.
  ///   - access: without it, everybody may do everything.
  init(
    models: RepositoryConfiguration = RepositoryConfiguration(), access: AccessConfiguration? = nil,
    tokens: TokenFile? = nil,
    service change: (inout ServiceConfiguration) -> Void = { _ in },
    server changeServer: (inout ServerConfiguration) -> Void = { _ in },
    observation changeObservation: (inout Observation) -> Void = { _ in }
  ) throws {
    var serviceConfiguration = ServiceConfiguration()
    serviceConfiguration.threads = 2
    change(&serviceConfiguration)
    var configuration = ServerConfiguration()
    configuration.port = 0
    configuration.eventLoops = 2
    changeServer(&configuration)
    compute = ComputeQueue(width: 2, maxWaiting: 256)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    repository = ModelRepository(models, compute: compute, logger: logger)
    repository.start()
    repository.waitUntilLoaded()
    var observation = Observation(eventLoops: 2)
    changeObservation(&observation)
    var openAccess = AccessConfiguration()
    openAccess.allowsAdmin = true
    service = Service(
      serviceConfiguration, repository: repository, observation: observation,
      access: AccessControl(access ?? openAccess, tokens: tokens))
    server = try Server(
      configuration: configuration, handler: service, compute: compute, logger: logger)
  }

  deinit {
    server.stop(grace: .zero)
    server.waitUntilStopped()
  }

  func connect() throws -> TestClient { try TestClient(port: port) }

  /// One request on a connection of its own.
  func exchange(_ request: [UInt8]) throws -> TestResponse {
    let client = try connect()
    try client.send(request)
    return try client.readResponse()
  }

  func post(
    _ content: [UInt8], path: String = "/v1/conv2d_transpose", type: String? = "application/json",
    fields: [(String, String)] = []
  ) throws -> TestResponse {
    try exchange(TestRequest.post(content, path: path, type: type, fields: fields))
  }

  func post(_ json: String, fields: [(String, String)] = []) throws -> TestResponse {
    try post(Array(json.utf8), fields: fields)
  }
}

/// Requests as bytes.
enum TestRequest {
  static func post(
    _ content: [UInt8], path: String = "/v1/conv2d_transpose", type: String? = "application/json",
    fields: [(String, String)] = []
  ) -> [UInt8] {
    var head = "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(content.count)\r\n"
    if let type { head += "Content-Type: \(type)\r\n" }
    for (name, value) in fields { head += "\(name): \(value)\r\n" }
    return Array((head + "\r\n").utf8) + content
  }

  static func get(_ path: String, method: String = "GET", fields: [(String, String)] = []) -> [UInt8] {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
    for (name, value) in fields { head += "\(name): \(value)\r\n" }
    return Array((head + "\r\n").utf8)
  }

  /// A tiny request that has an answer: 1×1 input 3, filter 2.
  static let tiny = post(Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8))
  static let tinyAnswer = #"{"shape":[1,1,1,1],"data":[6]}"# + "\n"
}
