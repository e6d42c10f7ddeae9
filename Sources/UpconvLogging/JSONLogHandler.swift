package import Logging
import UpconvJSON

/// Writes each log entry as one line of JSON, whole, to a descriptor.
///
/// Values are escaped, so that nothing a client sends can make a line of its own. Where the descriptor takes no more
/// (a full disk, a pipe without a reader), the line is lost and counted; the service goes on.
package struct JSONLogHandler: LogHandler {
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
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("time", LogTime.now())
      writer.member("level", event.level.rawValue)
      writer.member("message", "\(event.message)")
      for (name, value) in event.metadata(besides: metadata) { writer.member(name) { write(value, &$0) } }
    }
    output.write(line: LogEscape.json(writer.bytes) + [UInt8(ascii: "\n")])
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
