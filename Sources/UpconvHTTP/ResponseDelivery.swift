/// What the head of a response has promised about what follows it.
package struct ResponseDelivery: Sendable, Equatable {
  package enum Framing: Sendable, Equatable {
    /// Nothing follows.
    case none
    /// This many bytes follow.
    case contentLength(Int)
    /// Chunks follow, and `ResponseEncoder.lastChunk`.
    case chunked
    /// Bytes follow until the connection ends (RFC 9112 §6.3).
    case untilClose
  }

  package var framing: Framing
  /// Whether the connection ends after this response. An interim response (1xx) never ends it.
  package var closes: Bool
  /// Whether the response was not fit to be sent and an empty 500 was written in its place.
  package var isReplaced: Bool

  package init(framing: Framing, closes: Bool, isReplaced: Bool = false) {
    self.framing = framing
    self.closes = closes
    self.isReplaced = isReplaced
  }
}
