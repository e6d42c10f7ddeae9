/// What a handler answers. Framing, Date and Connection are the transport's to add.
package struct Response: Sendable {
  package var status: Status { didSet { prepared = nil } }
  package var fields: HTTPFields { didSet { prepared = nil } }
  package var content: Content { didSet { prepared = nil } }
  /// Its head as most clients get it, for a response that is given many times. Made by `withPreparedHead` alone.
  var prepared: PreparedHead?
  /// Whether the content's bytes exist once for all answers: one that waits for its peer takes no memory for them.
  package var sharesContent = false
  /// What was measured on the way to it; empty if nothing was. Answers with a head written beforehand show none.
  package var stages = StageTimes()
  /// How long a thread computed for it alone: of a run of several requests its share. Nil if no thread did.
  package var run: Duration?

  package enum Content: Sendable {
    case none
    case bytes([UInt8])
    /// Content that is made or lent piece by piece while it is sent.
    case source(any ContentSource)
  }

  package init(status: Status, fields: HTTPFields = HTTPFields(), content: Content = .none) {
    self.status = status
    self.fields = fields
    self.content = content
  }

  /// Returns the same response with the stages on the way to it; the last of them ends here.
  package consuming func with(_ stages: StageTimes) -> Response {
    self.stages = stages
    self.stages.leave()
    return self
  }
}

/// Content that a connection pulls as fast as its peer takes it, so that it is never held whole.
package protocol ContentSource: Sendable {
  /// Bytes in all, where that is known before the first is made; else the content is sent chunked.
  var length: Int? { get }

  /// Bytes of memory that the content takes at most until its last byte is sent.
  var heldBytes: Int { get }

  /// Lends the bytes that come next; an empty buffer means the end. `body` answers how many of them it took.
  /// Bytes lent and not taken come first the next time.
  mutating func withNextBytes(_ body: (UnsafeRawBufferPointer) -> Int)
}

/// A status code with its phrase (RFC 9110 §15, RFC 6585).
package struct Status: Sendable, Hashable {
  package let code: Int
  package let reasonPhrase: String

  package init(_ code: Int, _ reasonPhrase: String) {
    self.code = code
    self.reasonPhrase = reasonPhrase
  }

  package static let ok = Status(200, "OK")
  package static let noContent = Status(204, "No Content")
  package static let notModified = Status(304, "Not Modified")
  package static let badRequest = Status(400, "Bad Request")
  package static let unauthorized = Status(401, "Unauthorized")
  package static let forbidden = Status(403, "Forbidden")
  package static let notFound = Status(404, "Not Found")
  package static let methodNotAllowed = Status(405, "Method Not Allowed")
  package static let notAcceptable = Status(406, "Not Acceptable")
  package static let requestTimeout = Status(408, "Request Timeout")
  package static let lengthRequired = Status(411, "Length Required")
  package static let preconditionFailed = Status(412, "Precondition Failed")
  package static let contentTooLarge = Status(413, "Content Too Large")
  package static let uriTooLong = Status(414, "URI Too Long")
  package static let unsupportedMediaType = Status(415, "Unsupported Media Type")
  package static let expectationFailed = Status(417, "Expectation Failed")
  package static let unprocessableContent = Status(422, "Unprocessable Content")
  package static let tooManyRequests = Status(429, "Too Many Requests")
  package static let requestHeaderFieldsTooLarge = Status(431, "Request Header Fields Too Large")
  package static let internalServerError = Status(500, "Internal Server Error")
  package static let notImplemented = Status(501, "Not Implemented")
  package static let serviceUnavailable = Status(503, "Service Unavailable")
  package static let gatewayTimeout = Status(504, "Gateway Timeout")
  package static let httpVersionNotSupported = Status(505, "HTTP Version Not Supported")
}
