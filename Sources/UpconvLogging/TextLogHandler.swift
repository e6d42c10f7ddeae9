package import Logging

/// Writes each log entry as one line of text: time, level, message, and `name=value` for the rest.
///
/// Values are escaped as in `JSONLogHandler`, and lost lines counted likewise. (swift-log's own handler writes values as
/// they are: a path with a line end in it would make a second line.)
package struct TextLogHandler: LogHandler {
  package var logLevel: Logger.Level = .info
  package var metadata: Logger.Metadata = [:]
  private let label: String
  private let output: LogOutput

  package init(label: String, to output: LogOutput) {
    self.label = label
    self.output = output
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var line = "\(LogTime.now()) \(event.level.rawValue) \(label): \(LogEscape.message("\(event.message)"))"
    for (name, value) in event.metadata(besides: metadata) {
      line += " \(LogEscape.text(name))=\(LogEscape.text("\(value)"))"
    }
    output.write(line: Array((line + "\n").utf8))
  }
}
