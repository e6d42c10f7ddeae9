import Foundation
import Testing
import UpconvRepository
import Yams

/// `openapi.yaml` says what the service does: here it is held to it, example by example, over a real socket.
@Suite struct OpenAPIExamplesTests {
  @Test func `The served document is the file at the top of the repository`() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("openapi.yaml")
    let answer = try TestServer().exchange(TestRequest.get("/openapi.yaml"))
    #expect(answer.status == 200)
    #expect(answer["content-type"] == "application/yaml")
    #expect(answer.content == [UInt8](try Data(contentsOf: path)))
  }

  @Test func `openapi.json is openapi.yaml, as scripts/openapi-json makes it`() throws {
    let server = try TestServer()
    let answer = try server.exchange(TestRequest.get("/openapi.json"))
    #expect(answer.status == 200)
    #expect(answer["content-type"] == "application/json")
    let yaml = try Yams.load(yaml: server.exchange(TestRequest.get("/openapi.yaml")).text)
    let same = try JSONSerialization.data(withJSONObject: try #require(yaml), options: .sortedKeys)
    let json = try JSONSerialization.jsonObject(with: Data(answer.content))
    #expect(try JSONSerialization.data(withJSONObject: json, options: .sortedKeys) == same)
  }

  @Test func `Every example is answered as documented`() throws {
    let server = try server()
    let pairs = try document(server).examplePairs()
    #expect(pairs.contains { $0.answer.status == 200 })
    #expect(pairs.contains { $0.answer.status == 400 })
    for pair in pairs {
      let (request, expected) = (pair.request, pair.answer)
      #expect(pair.operation.method == "POST", "\(pair.name)")
      let answer = try server.post(
        Array(request.text.utf8), path: pair.operation.target + request.query, type: nil,
        fields: request.fields.map { ($0.key, $0.value) })
      #expect(answer.status == expected.status, "\(pair.name)")
      #expect(answer["content-type"] == expected.mediaType, "\(pair.name)")
      #expect(try JSONDocument(answer.text) == JSONDocument(expected.text), "\(pair.name)")
    }
  }

  @Test func `Every operation of the document is there`() throws {
    let server = try server()
    for operation in try document(server).operations() {
      let answer = try send(operation.method, operation.target, to: server)
      #expect(![404, 405, 501].contains(answer.status), "\(operation.method) \(operation.path)")
      let documented = operation.responses.map(\.status)
      #expect(documented.contains("\(answer.status)"), "\(operation.method) \(operation.path): \(answer.status)")
    }
  }

  @Test func `A method that the document does not have is refused with those that it has`() throws {
    let server = try server()
    let operations = Dictionary(grouping: try document(server).operations(), by: \.target)
    for (path, documented) in operations {
      let methods = Set(documented.map(\.method))
      for method in OpenAPIDocument.methods where !methods.contains(method) {
        let answer = try send(method, path, to: server)
        #expect(answer.status == 405, "\(method) \(path)")
        let allowed = answer["allow"]?.split(separator: ", ").map(String.init) ?? []
        #expect(Set(allowed) == methods, "\(method) \(path)")
      }
    }
  }

  @Test func `An example without its counterpart is found`() throws {
    let orphanRequest = """
      paths: {/x: {post: {requestBody: {content: {application/json: {examples: {a: {value: 1}}}}}, responses: {}}}}
      """
    #expect(throws: OpenAPIDocument.Fault.unpaired("a")) { try OpenAPIDocument(orphanRequest).examplePairs() }
    let orphanAnswer = """
      paths: {/x: {post: {responses: {'200': {content: {application/json: {examples: {a: {value: 1}}}}}}}}}
      """
    #expect(throws: OpenAPIDocument.Fault.unpaired("a")) { try OpenAPIDocument(orphanAnswer).examplePairs() }
    let hidden =
      "components: {responses: {X: {content: {application/json: {examples: {a: {value: 1}}}}}}}\npaths: {}"
    #expect(throws: OpenAPIDocument.Fault.outsideOfOperations(count: 1)) {
      try OpenAPIDocument(hidden).examplePairs()
    }
    #expect(throws: OpenAPIDocument.Fault.noExamples) { try OpenAPIDocument("paths: {}").examplePairs() }
  }

  @Test func `A wrong number in an answer is found`() throws {
    #expect(try JSONDocument(#"{"data":[1,2.0]}"#) == JSONDocument(#"{"data":[1.0,2]}"#))
    #expect(try JSONDocument(#"{"data":[1,2]}"#) != JSONDocument(#"{"data":[1,2.0000002]}"#))
    #expect(try JSONDocument(#"{"data":[1,2]}"#) != JSONDocument(#"{"data":[[1,2]]}"#))
  }

  /// Serves the examples' model, and lets it be loaded and unloaded.
  private func server() throws -> TestServer {
    var models = RepositoryConfiguration()
    models.root =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Examples/models").path
    models.mode = .explicit
    models.initialModels = ["gist"]
    return try TestServer(models: models)
  }

  private func document(_ server: TestServer) throws -> OpenAPIDocument {
    try OpenAPIDocument(server.exchange(TestRequest.get("/openapi.yaml")).text)
  }

  private func send(_ method: String, _ target: String, to server: TestServer) throws -> TestResponse {
    let client = try server.connect()
    try client.send(TestRequest.get(target, method: method))
    return try client.readResponse(toHEAD: method == "HEAD")
  }
}
