import Logging

extension LogEvent {
  /// What is told beside the message, in the order of its names: the logger's, and in its place the event's own.
  func metadata(besides logger: Logger.Metadata) -> [(key: String, value: Logger.Metadata.Value)] {
    (metadata.map { logger.merging($0) { _, own in own } } ?? logger).sorted { $0.key < $1.key }
  }
}
