import Glibc
package import Logging
import Synchronization
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
      let all = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
      for (name, value) in all.sorted(by: { $0.key < $1.key }) { writer.member(name) { write(value, &$0) } }
    }
    output.write(LogEscape.json(writer.bytes) + [UInt8(ascii: "\n")])
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

/// Where lines go: each in one system call.
package final class LogOutput: Sendable {
  private let descriptor: Int32
  private let lost = Atomic(0)

  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// Lines that could not be written.
  package var lostCount: Int { lost.load(ordering: .relaxed) }

  func write(_ line: [UInt8]) {
    var rest = line[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        lost.wrappingAdd(1, ordering: .relaxed)
        return
      }
      rest = rest.dropFirst(count)
    }
  }
}

/// RFC 3339 with milliseconds, in UTC.
enum LogTime {
  static func now() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var seconds = now.tv_sec
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ value: Int, _ count: Int = 2) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let date = "\(parts.tm_year + 1900)-\(padded(Int(parts.tm_mon) + 1))-\(padded(Int(parts.tm_mday)))"
    let time = "\(padded(Int(parts.tm_hour))):\(padded(Int(parts.tm_min))):\(padded(Int(parts.tm_sec)))"
    return "\(date)T\(time).\(padded(now.tv_nsec / 1_000_000, 3))Z"
  }
}
