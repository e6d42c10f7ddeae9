import Dispatch
import Glibc
package import Logging
import Synchronization

/// Sends spans to a collector, now and then, from a thread of its own. Requests never wait for it: what finds no room is
/// dropped and counted.
package final class SpanExporter: Sendable {
  private struct State {
    var spans: [Span] = []
    var droppedCount = 0
    var sentCount = 0
    var isFailing = false
  }

  private let endpoint: CollectorEndpoint
  private let version: String
  private let logger: Logger
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "upconv.spans", qos: .utility)

  /// Spans that wait; about half a megabyte.
  private static let maxWaiting = 4096
  private static let interval = DispatchTimeInterval.milliseconds(500)

  package init(endpoint: CollectorEndpoint, version: String, logger: Logger) {
    self.endpoint = endpoint
    self.version = version
    self.logger = logger
    sendLater()
  }

  package func add(_ spans: [Span]) {
    state.withLock { state in
      guard state.spans.count + spans.count <= SpanExporter.maxWaiting else {
        state.droppedCount += spans.count
        return
      }
      state.spans += spans
    }
  }

  /// Spans sent and dropped so far.
  package var counts: (sent: Int, dropped: Int) { state.withLock { ($0.sentCount, $0.droppedCount) } }

  /// Sends what waits, and returns when that is done: for the end of the program.
  package func flush() { queue.sync { send() } }

  private func sendLater() {
    queue.asyncAfter(deadline: .now() + SpanExporter.interval) { [weak self] in
      self?.send()
      self?.sendLater()
    }
  }

  private func send() {
    let spans = state.withLock { state in
      let spans = state.spans
      state.spans = []
      return spans
    }
    guard !spans.isEmpty else { return }
    let failure = endpoint.post(SpanDocument.bytes(spans, service: "upconv", version: version))
    let hasChanged = state.withLock { state in
      if failure == nil { state.sentCount += spans.count } else { state.droppedCount += spans.count }
      defer { state.isFailing = failure != nil }
      return state.isFailing != (failure != nil)
    }
    // Once for each change: a collector that is gone must not fill the log.
    guard hasChanged else { return }
    if let failure {
      logger.warning("spans cannot be sent", metadata: ["endpoint": "\(endpoint)", "reason": "\(failure)"])
    } else {
      logger.notice("spans are sent again", metadata: ["endpoint": "\(endpoint)"])
    }
  }
}
