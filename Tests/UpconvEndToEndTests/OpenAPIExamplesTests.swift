import Foundation
import Logging
import Testing
import UpconvService
import UpconvTransport
import Yams

/// `openapi.yaml` says what the service does: here it is held to it, example by example, over a real socket.
@Suite struct OpenAPIExamplesTests {
  @Test func `The served document is the file at the top of the repository`() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("openapi.yaml")
    try withServer { client in
      let answer = try client.send("GET", "/openapi.yaml")
      #expect(answer.status == 200)
      #expect(answer.fields["content-type"] == "application/yaml")
      #expect(answer.content == (try Data(contentsOf: path)))
    }
  }

  @Test func `Every example is answered as documented`() throws {
    try withServer { client in
      let pairs = try client.document().examplePairs()
      #expect(pairs.contains { $0.answer.status == 200 })
      #expect(pairs.contains { $0.answer.status == 400 })
      for pair in pairs {
        let (request, expected) = (pair.request, pair.answer)
        let answer = try client.send(
          pair.operation.method, pair.operation.path + request.query, fields: request.fields,
          content: Data(request.text.utf8))
        #expect(answer.status == expected.status, "\(pair.name)")
        #expect(answer.fields["content-type"] == expected.mediaType, "\(pair.name)")
        #expect(try answer.json() == JSONDocument(expected.text), "\(pair.name)")
      }
    }
  }

  @Test func `Every operation of the document is there`() throws {
    try withServer { client in
      for operation in try client.document().operations() {
        let answer = try client.send(operation.method, operation.path)
        #expect(![404, 405, 501].contains(answer.status), "\(operation.method) \(operation.path)")
        let documented = operation.responses.map(\.status)
        #expect(
          documented.contains("\(answer.status)"), "\(operation.method) \(operation.path): \(answer.status)")
      }
    }
  }

  @Test func `A method that the document does not have is refused with those that it has`() throws {
    try withServer { client in
      let operations = Dictionary(grouping: try client.document().operations(), by: \.path)
      for (path, documented) in operations {
        let methods = Set(documented.map(\.method))
        for method in OpenAPIDocument.methods where !methods.contains(method) {
          let answer = try client.send(method, path)
          #expect(answer.status == 405, "\(method) \(path)")
          let allowed = answer.fields["allow"]?.split(separator: ", ").map(String.init) ?? []
          #expect(Set(allowed) == methods, "\(method) \(path)")
        }
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

  /// A server of its own for each test, gone when the test is.
  private func withServer(_ body: (Client) throws -> Void) throws {
    var configuration = ServerConfiguration()
    configuration.port = 0
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = try Server(
      configuration: configuration, handler: Service(ServiceConfiguration()), logger: logger)
    defer {
      server.stop(grace: .seconds(1))
      server.waitUntilStopped()
    }
    try body(Client(port: server.port))
  }
}

// MARK: The document

/// What the tests need of an OpenAPI document.
private struct OpenAPIDocument {
  enum Fault: Error, Equatable {
    case notAMapping(String)
    case noExamples
    /// A request without an answer of the same name, an answer without a request, or two answers.
    case unpaired(String)
    /// Examples that stand where these tests do not send them.
    case outsideOfOperations(count: Int)
  }

  struct Operation {
    let path: String
    /// In upper case, as it is sent.
    let method: String
    let node: Node

    /// The answers by status, which may be `default`.
    var responses: [(status: String, node: Node)] {
      node["responses"]?.mapping?.compactMap { key, value in key.string.map { ($0, value) } } ?? []
    }
  }

  struct ExampleRequest {
    let text: String
    /// With its question mark, or empty.
    let query: String
    let fields: [String: String]
  }

  struct ExampleAnswer {
    let text: String
    let status: Int
    let mediaType: String
  }

  struct ExamplePair {
    let operation: Operation
    let name: String
    let request: ExampleRequest
    let answer: ExampleAnswer
  }

  /// The methods that a path may have in OpenAPI 3.1.
  static let methods = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"]

  private let root: Node

  init(_ text: String) throws {
    guard let root = try Yams.compose(yaml: text), root.mapping != nil else {
      throw Fault.notAMapping("document")
    }
    self.root = root
  }

  func operations() throws -> [Operation] {
    guard let paths = root["paths"]?.mapping else { throw Fault.notAMapping("paths") }
    return paths.flatMap { path, item in
      OpenAPIDocument.methods.compactMap { method in
        item[method.lowercased()].map { Operation(path: path.string ?? "", method: method, node: $0) }
      }
    }
  }

  /// Every example, request with answer; none may be left over anywhere in the document.
  func examplePairs() throws -> [ExamplePair] {
    var pairs: [ExamplePair] = []
    for operation in try operations() {
      var answers: [String: ExampleAnswer] = [:]
      for (status, response) in operation.responses {
        for (mediaType, name, example) in OpenAPIDocument.examples(in: response["content"]) {
          let answer = ExampleAnswer(
            text: try example["value"]?.json ?? "", status: Int(status) ?? 0, mediaType: mediaType)
          guard answers.updateValue(answer, forKey: name) == nil else { throw Fault.unpaired(name) }
        }
      }
      for (mediaType, name, example) in OpenAPIDocument.examples(
        in: operation.node["requestBody"]?["content"])
      {
        guard let answer = answers.removeValue(forKey: name) else { throw Fault.unpaired(name) }
        var fields = ["content-type": mediaType]
        for (key, value) in example["x-upconv-headers"]?.mapping ?? [:] {
          fields[key.string ?? ""] = value.string
        }
        let request = ExampleRequest(
          text: try example["value"]?.json ?? "",
          query: example["x-upconv-query"]?.string.map { "?" + $0 } ?? "",
          fields: fields)
        pairs.append(ExamplePair(operation: operation, name: name, request: request, answer: answer))
      }
      if let name = answers.keys.min() { throw Fault.unpaired(name) }
    }
    let others = OpenAPIDocument.exampleCount(root) - 2 * pairs.count
    guard others == 0 else { throw Fault.outsideOfOperations(count: others) }
    guard !pairs.isEmpty else { throw Fault.noExamples }
    return pairs
  }

  /// The examples of each media type of a content.
  private static func examples(in content: Node?) -> [(mediaType: String, name: String, example: Node)] {
    content?.mapping?.flatMap { type, media in
      media["examples"]?.mapping?.map { (type.string ?? "", $0.key.string ?? "", $0.value) } ?? []
    } ?? []
  }

  /// The named examples of all `examples` in and below `node`.
  private static func exampleCount(_ node: Node) -> Int {
    switch node {
    case .mapping(let mapping):
      mapping.reduce(0) { count, member in
        guard member.key.string == "examples", let examples = member.value.mapping else {
          return count + exampleCount(member.value)
        }
        return count + examples.count
      }
    case .sequence(let elements): elements.reduce(0) { $0 + exampleCount($1) }
    case .scalar, .alias: 0
    }
  }
}

extension Node {
  /// The node as JSON without blanks; members in their order, numbers as they are written.
  fileprivate var json: String {
    get throws {
      switch self {
      case .mapping(let mapping):
        "{" + (try mapping.map { "\(try $0.key.json):\(try $0.value.json)" }).joined(separator: ",") + "}"
      case .sequence(let elements):
        "[" + (try elements.map { try $0.json }).joined(separator: ",") + "]"
      case .scalar(let scalar):
        tag == Tag(.str)
          ? String(decoding: try JSONEncoder().encode(scalar.string), as: UTF8.self) : scalar.string
      case .alias:
        throw OpenAPIDocument.Fault.notAMapping("alias")
      }
    }
  }
}

/// A JSON text as what it means, by Foundation's reader, not by the product's.
private enum JSONDocument: Equatable, Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONDocument])
  case object([String: JSONDocument])

  init(_ text: String) throws { self = try JSONDecoder().decode(JSONDocument.self, from: Data(text.utf8)) }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let bool = try? container.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let string = try? container.decode(String.self) {
      self = .string(string)
    } else if let array = try? container.decode([JSONDocument].self) {
      self = .array(array)
    } else {
      self = .object(try container.decode([String: JSONDocument].self))
    }
  }
}

// MARK: The client

/// A client that shares no code with the server: one request, one connection, read to its end.
private struct Client {
  let port: UInt16

  enum Fault: Error {
    case noConnection(errno: Int32)
    case noAnswer(errno: Int32)
    case malformedAnswer
  }

  struct Answer {
    let status: Int
    /// Names in lower case.
    let fields: [String: String]
    let content: Data

    func json() throws -> JSONDocument { try JSONDocument(String(decoding: content, as: UTF8.self)) }
  }

  func document() throws -> OpenAPIDocument {
    try OpenAPIDocument(String(decoding: try send("GET", "/openapi.yaml").content, as: UTF8.self))
  }

  func send(
    _ method: String, _ target: String, fields: [String: String] = [:], content: Data = Data()
  ) throws -> Answer {
    var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
    for (name, value) in fields { head += "\(name): \(value)\r\n" }
    if !content.isEmpty { head += "Content-Length: \(content.count)\r\n" }
    return try Client.answer(try exchange(Data((head + "\r\n").utf8) + content), method: method)
  }

  private func exchange(_ request: Data) throws -> Data {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Fault.noConnection(errno: errno) }
    defer { close(descriptor) }
    var timeout = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { throw Fault.noConnection(errno: errno) }

    // A server that refuses early may not take all; its answer is there all the same.
    var rest = request[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    var answer = Data()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw Fault.noAnswer(errno: errno) }
      guard count > 0 else { return answer }
      answer += buffer.prefix(count)
    }
  }

  private static func answer(_ bytes: Data, method: String) throws -> Answer {
    guard let headEnd = bytes.firstRange(of: Data("\r\n\r\n".utf8)) else { throw Fault.malformedAnswer }
    let lines = String(decoding: bytes[..<headEnd.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
      throw Fault.malformedAnswer
    }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { throw Fault.malformedAnswer }
      fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
        in: .whitespaces)
    }
    var content = Data(bytes[headEnd.upperBound...])
    if fields["transfer-encoding"] == "chunked" { content = try unchunked(content) }
    if let length = fields["content-length"], method != "HEAD" {
      guard Int(length) == content.count else { throw Fault.malformedAnswer }
    }
    return Answer(status: status, fields: fields, content: content)
  }

  /// The content of chunks without trailers (RFC 9112 §7.1).
  private static func unchunked(_ bytes: Data) throws -> Data {
    var rest = bytes
    var content = Data()
    while true {
      guard let lineEnd = rest.firstRange(of: Data("\r\n".utf8)),
        let size = Int(String(decoding: rest[..<lineEnd.lowerBound], as: UTF8.self), radix: 16), size >= 0,
        rest[lineEnd.upperBound...].count >= size + 2
      else { throw Fault.malformedAnswer }
      let chunk = rest[lineEnd.upperBound...].prefix(size)
      rest = Data(rest[(chunk.endIndex + 2)...])
      if size == 0 { return content }
      content += chunk
    }
  }
}
