/// The parts of a request's way, in their order.
package enum RequestStage: Int, Sendable, CaseIterable {
  /// Waiting for the request's bytes and reading them, its head included.
  case read
  /// Undoing the content's coding.
  case inflate
  /// Making tensors and options of the content.
  case parse
  /// Waiting for a thread, or for the model's turn.
  case queue
  /// Planning, joining inputs and running.
  case compute
  /// Writing the output as JSON, a container or a picture, and compressing it.
  case encode
  /// From the answer's being ready until its last byte was with the socket, without what `encode` took meanwhile.
  case write

  /// As spans, logs, metrics and Server-Timing have it.
  package var name: String {
    switch self {
    case .read: "read"
    case .inflate: "inflate"
    case .parse: "parse"
    case .queue: "queue"
    case .compute: "compute"
    case .encode: "encode"
    case .write: "write"
    }
  }
}
