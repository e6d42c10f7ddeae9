/// The header section of an answer as HTTP/2 has it (RFC 9113 §8.3.2): names in lower case, framing and connection
/// left out. Names and values stand one behind the other, so that they are handed on without a copy each.
package struct ResponseFields {
  /// Octets of one field in `bytes`, its name first.
  package struct Lengths {
    package let name: Int
    package let value: Int
  }

  package private(set) var bytes: [UInt8] = []
  package private(set) var lengths: [Lengths] = []
  /// Whether content follows.
  package private(set) var hasContent: Bool
  /// Whether the response was not fit to be sent and an empty 500 stands in its place.
  package let isReplaced: Bool

  /// - Parameter method: of the request, or nil if it could not be read.
  package init(_ response: Response, method: HTTPMethod?, date: HTTPDate) {
    isReplaced = !ResponseEncoder.isFitToSend(response)
    let response = isReplaced ? Response(status: .internalServerError) : response
    // Lengths are the same for HEAD as for GET (RFC 9110 §9.3.2).
    let framing = ResponseEncoder.framing(of: response, version: .http2)
    hasContent = method != .head && framing != .none && framing != .contentLength(0)
    bytes.reserveCapacity(256)
    append(":status", String(response.status.code))
    if response.status.code >= 200 { append("date", date.description) }
    for field in response.fields.fields {
      let name = ResponseFields.inLowerCase(field.name)
      if !ResponseFields.isOfTheConnection(name) { append(name, field.value) }
    }
    if !response.stages.isEmpty {
      var value: [UInt8] = []
      response.stages.appendServerTiming(to: &value)
      append("server-timing", String(decoding: value, as: UTF8.self))
    }
    if case .contentLength(let length) = framing { append("content-length", String(length)) }
  }

  private mutating func append(_ name: String, _ value: String) {
    bytes.append(contentsOf: name.utf8)
    bytes.append(contentsOf: value.utf8)
    lengths.append(Lengths(name: name.utf8.count, value: value.utf8.count))
  }

  /// Names have lower case already, unless a handler is careless.
  private static func inLowerCase(_ name: String) -> String {
    name.utf8.allSatisfy { $0.inLowerCase == $0 }
      ? name : String(decoding: name.utf8.map(\.inLowerCase), as: UTF8.self)
  }

  /// What is written here, or has no place in HTTP/2 (RFC 9113 §8.2.2).
  private static func isOfTheConnection(_ name: String) -> Bool {
    switch name {
    case "date", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "upgrade": true
    default: false
    }
  }
}
