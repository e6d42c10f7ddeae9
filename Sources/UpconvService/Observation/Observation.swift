package import Logging
import UpconvHTTP
package import UpconvMetrics
import UpconvSystem
package import UpconvTracing

/// What is kept of requests: counted, logged, traced.
package struct Observation: Sendable {
  /// Which requests get a line in the log.
  package enum RequestLines: String, Sendable, CaseIterable {
    case none
    /// Those that take long, and those that the service failed at.
    case slow
    case all
  }

  /// Everything at `/metrics`.
  package var registry = MetricsRegistry()
  package var requests: RequestMetrics
  private let stages: StageMetrics
  package var logger: Logger?
  package var lines = RequestLines.slow
  /// From here on a request is slow.
  package var slowDuration: Duration = .seconds(1)
  /// Where spans go; nil: nowhere.
  package var spans: SpanExporter?
  /// The share of requests without a traceparent whose spans are sent; one with a traceparent goes by its flag.
  package var traceShare = 1.0

  /// - Parameter eventLoops: how many call `ended`, each with its own number.
  package init(eventLoops: Int) {
    requests = RequestMetrics(shards: eventLoops)
    let requests = requests
    registry.add { requests.write(to: &$0) }
    stages = StageMetrics(shards: eventLoops)
    let stages = stages
    registry.add { stages.write(to: &$0) }
  }

  /// Takes note of a request that has been answered.
  /// - Parameters:
  ///   - exchange: borrowed, as by all who look at it here: copying it would count a dozen references.
  ///   - token: the name of its token; asked for only if it is written down.
  func note(_ exchange: borrowing EndedExchange, route: String, token: (RequestHead) -> String?) {
    requests.shards[exchange.loop % requests.shards.count].add(exchange, route: route)
    stages.add(exchange)
    writeLine(exchange, route, token)
    if let spans { trace(exchange, route, to: spans) }
  }

  /// Takes note of a request, or a connection, that no endpoint saw to its end.
  func noteRefusal(_ refusal: Refusal) {
    let reason =
      switch refusal {
      case .malformed: "malformed"
      case .tooSlow, .contentTooSlow: "too_slow"
      case .timedOut: "timed_out"
      // Counted by whoever had no room, and told by it.
      case .overloaded: String?.none
      }
    if let reason { requests.shards[0].addRejection(reason) }
  }

  /// Whether the service failed at it. A method or a version that is not known is the client's, who could otherwise
  /// fill the log with warnings at will.
  private static func isFailure(_ status: Int) -> Bool {
    status >= 500 && status != Status.notImplemented.code && status != Status.httpVersionNotSupported.code
  }

  private func writeLine(_ exchange: borrowing EndedExchange, _ route: String, _ token: (RequestHead) -> String?) {
    guard let logger, lines != .none else { return }
    let duration = exchange.end - exchange.start
    let isFailure = Observation.isFailure(exchange.status)
    guard lines == .all || duration >= slowDuration || isFailure else { return }
    var metadata: Logger.Metadata = [
      "route": "\(route)", "status": .stringConvertible(exchange.status), "protocol": "\(exchange.version.label)",
      "microseconds": .stringConvertible(duration.nanoseconds / 1000),
      "received_bytes": .stringConvertible(exchange.contentBytesReceived),
      "sent_bytes": .stringConvertible(exchange.contentBytesSent),
    ]
    var stages: Logger.Metadata = [:]
    exchange.stages.forEachStage { stage, _, nanoseconds in
      stages[stage.name] = .stringConvertible(nanoseconds / 1000)
    }
    metadata["stage_microseconds"] = .dictionary(stages)
    if let head = exchange.head {
      metadata["method"] = "\(head.method.rawValue)"
      if case .resource(let path) = head.target { metadata["path"] = "/\(path.segments.joined(separator: "/"))" }
      if let trace = head.fields.first("traceparent").flatMap({ TraceContext(traceparent: $0) }) {
        metadata["trace_id"] = "\(trace.traceText)"
      }
    }
    if let token = exchange.head.flatMap(token) { metadata["token"] = "\(token)" }
    logger.log(level: isFailure ? .warning : .info, "request", metadata: metadata)
  }

  /// A span for the request, and one for each of its stages. A stage that was entered more than once has one span, from
  /// when it was first entered, as long as all its pieces together.
  private func trace(_ exchange: borrowing EndedExchange, _ route: String, to exporter: SpanExporter) {
    let context = exchange.head?.fields.first("traceparent").flatMap { TraceContext(traceparent: $0) }
    guard context?.isSampled ?? (traceShare >= 1 || Double.random(in: 0..<1) < traceShare) else { return }
    let trace = context?.traceIdentity ?? Span.newIdentity(byteCount: 16)
    let identity = Span.newIdentity(byteCount: 8)
    let clock = TraceClock.now
    func time(_ instant: Moment) -> Int { clock.nanosecondsSince1970(instant) }
    let method = exchange.head?.method.rawValue ?? "?"
    var spans = [
      Span(
        trace: trace, identity: identity, parent: context?.parentSpan, name: "\(method) \(route)", kind: .server,
        startNanosecondsSince1970: time(exchange.start), endNanosecondsSince1970: time(exchange.end),
        attributes: [
          ("http.request.method", .string(method)), ("http.route", .string(route)),
          ("http.response.status_code", .integer(exchange.status)),
          ("network.protocol.version", .string(String(exchange.version.label.dropFirst("HTTP/".count)))),
          ("http.request.body.size", .integer(exchange.contentBytesReceived)),
          ("http.response.body.size", .integer(exchange.contentBytesSent)),
        ], isError: exchange.status >= 500)
    ]
    exchange.stages.forEachStage { stage, start, nanoseconds in
      spans.append(
        Span(
          trace: trace, identity: Span.newIdentity(byteCount: 8), parent: identity, name: stage.name, kind: .internal,
          startNanosecondsSince1970: time(start), endNanosecondsSince1970: time(start) + nanoseconds))
    }
    exporter.add(spans)
  }
}
