package import UpconvHTTP

/// Which web pages from elsewhere may read answers (Fetch Standard, CORS protocol): those of exactly these origins. There
/// is no wildcard: a server on loopback, or one that its network trusts, would answer every page that a browser opens.
package struct CrossOriginPolicy: Sendable {
  private let origins: [WebOrigin]

  package init(_ origins: [WebOrigin]) { self.origins = origins }

  /// Besides those that the Fetch Standard lets every page read.
  private static let exposedFields = [
    "accept", "accept-encoding", "allow", "content-encoding", "etag", "inference-header-content-length", "retry-after",
    "upconv-shape", "www-authenticate",
  ]
  /// What a request may say besides what the Fetch Standard lets every page say.
  private static let requestFields = [
    "authorization", "content-encoding", "content-type", "if-none-match", "inference-header-content-length",
    "traceparent", "tracestate",
  ]
  /// How long a browser may remember the answer to its question.
  private static let maxAgeSeconds = 600

  /// The origin of the request's page, where its answers may be read there.
  func allowedOrigin(_ fields: HTTPFields) -> String? {
    let values = fields.values(of: "origin")
    guard values.count == 1, origins.contains(where: { $0.text == values[0] }) else { return nil }
    return values[0]
  }

  /// Lets the page read whatever the request is answered, now or later.
  package func opened(_ decision: Decision, to head: RequestHead) -> Decision {
    let origin = allowedOrigin(head.fields)
    return switch decision {
    case .respond(let response): .respond(opened(response, to: origin))
    case .receive(let receiver):
      .receive(CrossOriginReceiver(receiver) { response in opened(response, to: origin) })
    }
  }

  package func opened(_ response: Response, to head: RequestHead) -> Response {
    opened(response, to: allowedOrigin(head.fields))
  }

  private func opened(_ response: Response, to origin: String?) -> Response {
    var response = response
    // For whoever did not ask, too: what is kept for one origin must not be given to another.
    response.fields.append("vary", "Origin")
    if let origin {
      response.fields.append("access-control-allow-origin", origin)
      response.fields.append(
        "access-control-expose-headers", CrossOriginPolicy.exposedFields.joined(separator: ", "))
    }
    return response
  }

  /// Adds what a browser wants to know before it sends a request that forms could not send; nothing for other origins.
  package func answerPreflight(_ head: RequestHead, methods: [HTTPMethod], in response: inout Response) {
    guard head.fields.count(of: "access-control-request-method") == 1, allowedOrigin(head.fields) != nil else { return }
    response.fields.append("access-control-allow-methods", methods.map(\.rawValue).joined(separator: ", "))
    response.fields.append("access-control-allow-headers", CrossOriginPolicy.requestFields.joined(separator: ", "))
    response.fields.append("access-control-max-age", "\(CrossOriginPolicy.maxAgeSeconds)")
  }
}
