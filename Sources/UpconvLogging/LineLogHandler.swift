package import Logging
import UpconvJSON

/// Writes each log entry as one line, whole, to a descriptor.
///
/// Values are escaped, so that nothing a client sends can make a line of its own. (swift-log's own handler writes values
/// as they are.) If the descriptor takes no more (a full disk, a pipe without a reader), the line is lost and counted.
package struct LineLogHandler: LogHandler {
  package enum Format: Sendable {
    /// Time, level, label and message, and `name=value` for the rest.
    case text
    /// An object with `time`, `level`, `message`, and a member for each value.
    case json
  }

  package var logLevel: Logger.Level = .info
  package var metadata: Logger.Metadata = [:]
  private let format: Format
  private let label: String
  private let output: LogOutput

  package init(_ format: Format, label: String, to output: LogOutput) {
    self.format = format
    self.label = label
    self.output = output
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    // In the order of their names: the logger's values, and in their place the event's own.
    let values = event.metadata.map { metadata.merging($0) { _, own in own } } ?? metadata
    let sorted = values.sorted { $0.key < $1.key }
    switch format {
    case .text: output.write(line: text(event, sorted))
    case .json: output.write(line: json(event, sorted))
    }
  }

  private func text(_ event: LogEvent, _ values: [(key: String, value: Logger.Metadata.Value)]) -> [UInt8] {
    var line = "\(LogTime.now()) \(event.level.rawValue) \(label): \(LogEscape.message("\(event.message)"))"
    for (name, value) in values { line += " \(LogEscape.text(name))=\(LogEscape.text("\(value)"))" }
    return Array((line + "\n").utf8)
  }

  private func json(_ event: LogEvent, _ values: [(key: String, value: Logger.Metadata.Value)]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("time", LogTime.now())
      writer.member("level", event.level.rawValue)
      writer.member("message", "\(event.message)")
      for (name, value) in values { writer.member(name) { write(value, &$0) } }
    }
    return LogEscape.json(writer.bytes) + [UInt8(ascii: "\n")]
  }

  private func write(_ value: Logger.Metadata.Value, _ writer: inout JSONWriter) {
    switch value {
    case .string(let string): writer.value(string)
    case .stringConvertible(let value as Int): writer.value(value)
    case .stringConvertible(let value): writer.value("\(value)")
    case .array(let values): writer.array { writer in for value in values { write(value, &writer) } }
    case .dictionary(let values):
      writer.object { writer in
        for (name, value) in values.sorted(by: { $0.key < $1.key }) { writer.member(name) { write(value, &$0) } }
      }
    }
  }
}
