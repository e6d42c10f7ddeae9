/// Writes metrics as text that Prometheus reads.
/// - Source: Prometheus text format 0.0.4; OpenMetrics 1.0.
package struct MetricsText: Sendable {
  package enum Format: Sendable {
    case prometheus
    case openMetrics

    package var mediaType: String {
      switch self {
      case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
      case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
      }
    }
  }

  package enum Kind: String, Sendable { case counter, gauge, histogram, info }

  package typealias Label = (name: String, value: String)

  private let format: Format
  private var bytes: [UInt8] = []

  package init(_ format: Format) { self.format = format }

  /// Begins a family: all its samples follow before the next begins.
  /// - Parameter name: of a counter with `_total` at its end, as its samples have it.
  package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    var (name, kindName) = (name, kind.rawValue)
    switch format {
    // OpenMetrics names a counter's family without what its samples end with; the older format with it.
    case .openMetrics where kind == .counter && name.hasSuffix("_total"): name.removeLast("_total".count)
    case .openMetrics where kind == .info && name.hasSuffix("_info"): name.removeLast("_info".count)
    case .openMetrics where kind == .counter: kindName = "unknown"
    case .prometheus where kind == .info: kindName = "gauge"
    case .openMetrics, .prometheus: break
    }
    bytes += "# HELP \(name) \(help)\n# TYPE \(name) \(kindName)\n".utf8
  }

  package mutating func sample(_ name: String, _ value: Int, _ labels: [Label] = []) {
    append(name, labels, "\(value)")
  }

  package mutating func sample(_ name: String, _ value: Double, _ labels: [Label] = []) {
    append(name, labels, MetricsText.text(value))
  }

  /// All samples of one histogram.
  package mutating func histogram(_ name: String, _ labels: [Label], _ histogram: DurationHistogram) {
    var sum = 0
    for (bound, count) in zip(DurationHistogram.bounds, histogram.counts) {
      sum += count
      sample(name + "_bucket", sum, labels + [("le", MetricsText.text(bound))])
    }
    sample(name + "_bucket", histogram.count, labels + [("le", "+Inf")])
    sample(name + "_sum", Double(histogram.totalNanoseconds) / 1e9, labels)
    sample(name + "_count", histogram.count, labels)
  }

  package consuming func finished() -> [UInt8] {
    if case .openMetrics = format { bytes += "# EOF\n".utf8 }
    return bytes
  }

  private mutating func append(_ name: String, _ labels: [Label], _ value: String) {
    bytes += name.utf8
    if !labels.isEmpty {
      bytes.append(UInt8(ascii: "{"))
      for (index, label) in labels.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes += "\(label.name)=\"".utf8
        appendEscaped(label.value)
        bytes.append(UInt8(ascii: "\""))
      }
      bytes.append(UInt8(ascii: "}"))
    }
    bytes += " \(value)\n".utf8
  }

  private mutating func appendEscaped(_ value: String) {
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): bytes += "\\\\".utf8
      case UInt8(ascii: "\""): bytes += "\\\"".utf8
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      default: bytes.append(byte)
      }
    }
  }

  /// OpenMetrics wants bounds as floats; both read this.
  private static func text(_ value: Double) -> String { "\(value)" }
}
