import Foundation
import Yams

/// What the tests need of an OpenAPI document.
struct OpenAPIDocument {
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
    /// The path with its parameters' examples in their places.
    let target: String
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
        item[method.lowercased()].map {
          Operation(path: path.string ?? "", target: target(path.string ?? ""), method: method, node: $0)
        }
      }
    }
  }

  private func target(_ path: String) -> String {
    let parameters = root["components"]?["parameters"]?.mapping?.map(\.value) ?? []
    return parameters.filter { $0["in"]?.string == "path" }.reduce(path) { path, parameter in
      path.replacingOccurrences(
        of: "{\(parameter["name"]?.string ?? "")}", with: parameter["example"]?.scalar?.string ?? "")
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
enum JSONDocument: Equatable, Decodable {
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
