import Synchronization

/// Everything that is told at `/metrics`, in the order in which it was added.
package final class MetricsRegistry: Sendable {
  package typealias Source = @Sendable (inout MetricsText) -> Void

  private let sources = Mutex<[Source]>([])

  package init() {}

  /// - Parameter source: writes whole families, of names that no other source has.
  package func add(_ source: @escaping Source) { sources.withLock { $0.append(source) } }

  package func text(_ format: MetricsText.Format) -> [UInt8] {
    var text = MetricsText(format)
    for source in sources.withLock({ $0 }) { source(&text) }
    return text.finished()
  }
}
