import Foundation
import Testing
import UpconvAccess
import UpconvRepository

/// Bearer tokens over both versions of HTTP, against a server that has a file of them.
@Suite struct TokenTests {
  private let folder: TokenFolder
  private let server: TestServer

  init() throws {
    folder = try TokenFolder.oneForEachRole()
    var models = RepositoryConfiguration()
    models.root =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Examples/models").path
    models.mode = .explicit
    models.initialModels = ["gist"]
    var access = AccessConfiguration()
    access.allowsAdmin = true
    server = try TestServer(models: models, access: access, tokens: TokenFile(path: folder.path))
  }

  private func overHTTP1(_ method: String, _ target: String, _ fields: [(String, String)]) throws -> TestResponse {
    let client = try server.connect()
    try client.send(
      method == "POST"
        ? TestRequest.post(Array("{}".utf8), path: target, fields: fields)
        : TestRequest.get(target, method: method, fields: fields))
    return try client.readResponse(toHEAD: method == "HEAD")
  }

  private func overHTTP2(_ method: String, _ target: String, _ fields: [(String, String)]) throws -> TestResponse {
    typealias Client = HTTP2TestClient
    let client = try Client(port: server.port)
    let fields = fields.map { ($0.0.lowercased(), $0.1) }
    let head = Client.head(method, target) + [("content-type", "application/json")] + fields
    try client.send(Client.headers(stream: 1, head, endsStream: method != "POST"))
    if method == "POST" { try client.send(Client.data(stream: 1, Array("{}".utf8))) }
    return try client.readHead(stream: 1)
  }

  private func overBoth(
    _ method: String, _ target: String, _ fields: [(String, String)] = [], _ expect: (TestResponse, String) -> Void
  ) throws {
    expect(try overHTTP1(method, target, fields), "HTTP/1.1 \(method) \(target)")
    expect(try overHTTP2(method, target, fields), "HTTP/2 \(method) \(target)")
  }

  @Test func `The right token computes`() throws {
    let answer = try server.exchange(
      TestRequest.post(
        Array(#"{"input":[[[[3]]]],"filters":[[[[2]]]]}"#.utf8), fields: [TestRequest.bearer("infers")]))
    #expect(answer.status == 200)
    #expect(answer.text == TestRequest.tinyAnswer)
  }

  @Test func `Without a token, or with another scheme, the answer is 401 and asks for one`() throws {
    for fields in [[], [("Authorization", "Basic dTpw")]] {
      try overBoth("POST", "/v1/conv2d_transpose", fields) { answer, version in
        #expect(answer.status == 401, "\(version)")
        #expect(answer["www-authenticate"] == #"Bearer realm="upconv""#, "\(version)")
      }
    }
    let answer = try overHTTP1("POST", "/v1/conv2d_transpose", [])
    #expect(answer["content-type"] == "application/problem+json")
    #expect(answer.json?["detail"] as? String == "a token is needed here: send Authorization: Bearer TOKEN")
  }

  @Test(arguments: ["infers2", "infer", "INFERS", "Bearer", "a b", "=", "infers,", "\"infers\""])
  func `A token that is wrong or none is 401 with invalid_token, and is not repeated`(token: String) throws {
    try overBoth("POST", "/v1/conv2d_transpose", [TestRequest.bearer(token)]) { answer, version in
      #expect(answer.status == 401, "\(version)")
      #expect(answer["www-authenticate"] == #"Bearer realm="upconv", error="invalid_token""#, "\(version)")
    }
    #expect(try overHTTP1("POST", "/v1/conv2d_transpose", [("Authorization", "Bearer")]).status == 401)
    let text = try overHTTP1("POST", "/v1/conv2d_transpose", [TestRequest.bearer("infers2secret")]).text
    #expect(!text.contains("secret"))
  }

  @Test func `Authorization that is given twice is 400 with invalid_request`() throws {
    let twice = [TestRequest.bearer("infers"), TestRequest.bearer("infers")]
    try overBoth("POST", "/v1/conv2d_transpose", twice) { answer, version in
      #expect(answer.status == 400, "\(version)")
      #expect(answer["www-authenticate"] == #"Bearer realm="upconv", error="invalid_request""#, "\(version)")
    }
  }

  @Test func `A request without a token is refused before its content is read`() throws {
    let client = try server.connect()
    try client.send(
      "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: a\r\nContent-Length: 200000000\r\nExpect: 100-continue\r\n\r\n")
    #expect(try client.readResponse().status == 401)
  }

  /// Who may ask for what: nil is everybody. Written out once more, to be compared with what the server does.
  private static let rules: [String: Set<String>?] = {
    let (infers, observes, administers) = ("infers", "observes", "administers")
    let all: Set = [infers, observes, administers]
    var rules: [String: Set<String>?] = [
      "/": nil, "/openapi.yaml": nil, "/openapi.json": nil, "/v2/health/live": nil, "/v2/health/ready": nil,
      "/v1/conv2d_transpose": [infers],
      "/metrics": [observes], "/v2/models/stats": [observes], "/v2": all, "/v2/models": all,
      "/v1/models/{model}:predict": [infers], "/v1/models/{model}/versions/{version}:predict": [infers],
    ]
    for version in ["", "/versions/{version}"] {
      rules["/v2/models/{model}\(version)/infer"] = [infers]
      rules["/v2/models/{model}\(version)/stats"] = [observes]
      for resource in ["", "/ready", "/config"] { rules["/v2/models/{model}\(version)\(resource)"] = all }
      for resource in ["", "/metadata"] { rules["/v1/models/{model}\(version)\(resource)"] = all }
    }
    for repository in ["", "/{repository}"] {
      rules["/v2/repository\(repository)/index"] = all
      for action in ["load", "unload"] {
        rules["/v2/repository\(repository)/models/{model}/\(action)"] = [administers]
      }
    }
    return rules
  }()

  @Test func `Each role may do what is its own, at every path there is, and nothing else`() throws {
    let operations = try OpenAPIDocument(server.exchange(TestRequest.get("/openapi.yaml")).text).operations()
    #expect(Set(operations.map(\.path)) == Set(TokenTests.rules.keys))
    for operation in operations {
      let rule = try #require(TokenTests.rules[operation.path], "\(operation.path)")
      try overBoth(operation.method, operation.target) { answer, name in
        let isOpen = rule == nil || operation.method == "OPTIONS"
        #expect((answer.status == 401) == !isOpen, "\(name): \(answer.status)")
      }
      for token in ["infers", "observes", "administers"] {
        try overBoth(operation.method, operation.target, [TestRequest.bearer(token)]) { answer, name in
          let isAllowed = operation.method == "OPTIONS" || rule?.contains(token) ?? true
          #expect(answer.status != 401, "\(name) by \(token)")
          #expect((answer.status == 403) == !isAllowed, "\(name) by \(token): \(answer.status)")
          if answer.status == 403 {
            #expect(
              answer["www-authenticate"]?.hasPrefix(#"Bearer realm="upconv", error="insufficient_scope", scope=""#)
                == true, "\(name) by \(token)")
          }
        }
      }
    }
  }

  @Test func `Where nothing is, nobody needs a token to hear so`() throws {
    #expect(try overHTTP1("GET", "/nowhere", []).status == 404)
  }

  @Test func `Without a file of tokens everybody may infer and observe, and nobody may load`() throws {
    var models = RepositoryConfiguration()
    models.mode = .explicit
    let server = try TestServer(models: models, access: AccessConfiguration())
    #expect(try server.exchange(TestRequest.tiny).status == 200)
    #expect(try server.exchange(TestRequest.get("/metrics")).status == 200)
    let answer = try server.post([], path: "/v2/repository/models/gist/load")
    #expect(answer.status == 403)
    #expect(answer.text.contains("--allow-admin"))
    // A token where none are known is nobody's business.
    let more = try server.exchange(TestRequest.get("/metrics", fields: [TestRequest.bearer("x")]))
    #expect(more.status == 200)
  }

  @Test func `A page from elsewhere cannot load a model, even where everybody else may`() throws {
    var models = RepositoryConfiguration()
    models.mode = .explicit
    let server = try TestServer(models: models)
    func status(_ fields: [(String, String)]) throws -> Int {
      try server.post([], path: "/v2/repository/models/x/unload", type: nil, fields: fields).status
    }
    #expect(try status([("Origin", "https://evil.example")]) == 403)
    #expect(try status([("Origin", "null")]) == 403)
    // A name may lead here that is the page's own (DNS rebinding).
    let rebound = try server.exchange(
      Array(
        ("POST /v2/repository/models/x/unload HTTP/1.1\r\nHost: evil.example:\(server.port)\r\n"
          + "Origin: http://evil.example:\(server.port)\r\nContent-Length: 0\r\n\r\n").utf8))
    #expect(rebound.status == 403)
    // What the repository says of it, which has no such model.
    #expect(try status([("Origin", "http://localhost")]) == 404)
    #expect(try status([]) == 404)
  }
}
