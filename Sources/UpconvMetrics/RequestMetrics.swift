import Synchronization
package import UpconvHTTP
import UpconvSystem

/// Counts ended exchanges. Every event loop has a shard of its own, so that no loop waits for another; a scrape adds
/// them up.
package final class RequestMetrics: Sendable {
  /// What one event loop counts.
  package final class Shard: Sendable {
    fileprivate let state = Mutex(State())

    /// - Parameter route: the service's name for what was asked, such as `/v2/models/{model}/infer`: one of few,
    ///   whatever paths clients send.
    package func add(_ exchange: borrowing EndedExchange, route: String) {
      let key = Key(
        route: route, method: exchange.head?.method, status: exchange.status, version: exchange.version)
      let nanoseconds = max(0, exchange.end.nanoseconds(since: exchange.start))
      state.withLock { state in
        let place = state.place(of: key)
        state.series[place].count += 1
        state.durations[state.series[place].durationPlace].histogram.add(nanoseconds: nanoseconds)
        state.contentBytesReceived += exchange.contentBytesReceived
        state.contentBytesSent += exchange.contentBytesSent
      }
    }

    /// A connection that was answered 503 and closed, or a request that never became one.
    package func addRejection(_ reason: String) { state.withLock { $0.rejections[reason, default: 0] += 1 } }
  }

  fileprivate struct Key: Hashable {
    let route: String
    let method: HTTPMethod?
    let status: Int
    let version: RequestHead.Version
  }

  fileprivate struct DurationKey: Hashable {
    let route: String
    let version: RequestHead.Version
  }

  /// Requests of one kind.
  fileprivate struct Series {
    let key: Key
    var count = 0
    let durationPlace: Int
  }

  fileprivate struct State {
    var series: [Series] = []
    private var places: [Key: Int] = [:]
    /// Where the kind stands that came last: as a rule the next one is of the same, and its key need not be hashed.
    private var lastPlace = 0
    var durations: [(key: DurationKey, histogram: DurationHistogram)] = []
    var contentBytesReceived = 0
    var contentBytesSent = 0
    var rejections: [String: Int] = [:]

    /// Where the kind stands in `series`; made room for where it is new.
    mutating func place(of key: Key) -> Int {
      if lastPlace < series.count, series[lastPlace].key == key { return lastPlace }
      if let place = places[key] {
        lastPlace = place
        return place
      }
      let duration = DurationKey(route: key.route, version: key.version)
      let known = durations.firstIndex { $0.key == duration }
      if known == nil { durations.append((duration, DurationHistogram())) }
      series.append(Series(key: key, durationPlace: known ?? durations.count - 1))
      lastPlace = series.count - 1
      places[key] = lastPlace
      return lastPlace
    }

    mutating func add(_ other: State) {
      for one in other.series {
        let place = place(of: one.key)
        series[place].count += one.count
      }
      for (key, histogram) in other.durations {
        if let index = durations.firstIndex(where: { $0.key == key }) { durations[index].histogram += histogram }
      }
      contentBytesReceived += other.contentBytesReceived
      contentBytesSent += other.contentBytesSent
      rejections.merge(other.rejections, uniquingKeysWith: +)
    }
  }

  package let shards: [Shard]
  /// Those who refuse requests and count that themselves.
  private let rejectionCounts = Mutex<[(reason: String, count: @Sendable () -> Int)]>([])

  package init(shards: Int) { self.shards = (0..<max(1, shards)).map { _ in Shard() } }

  /// Has the rejections of somebody told among all others.
  /// - Parameter count: since the start.
  package func addRejections(_ reason: String, _ count: @escaping @Sendable () -> Int) {
    rejectionCounts.withLock { $0.append((reason, count)) }
  }

  /// All shards together.
  private var total: State {
    var total = State()
    for shard in shards { total.add(shard.state.withLock { $0 }) }
    for (reason, count) in rejectionCounts.withLock({ $0 }) { total.rejections[reason, default: 0] += count() }
    return total
  }

  /// How long the requests of these routes took, all protocols and loops together.
  package func durations(ofRoutes routes: Set<String>) -> DurationHistogram {
    var sum = DurationHistogram()
    for shard in shards {
      shard.state.withLock { state in
        for (key, histogram) in state.durations where routes.contains(key.route) { sum += histogram }
      }
    }
    return sum
  }

  package func write(to text: inout MetricsText) {
    let total = total
    text.family("upconv_http_requests_total", .counter, "Requests that were answered.")
    for series in total.series.sorted(by: { $0.key.order < $1.key.order }) {
      text.sample("upconv_http_requests_total", series.count, series.key.labels)
    }
    text.family(
      "upconv_http_request_duration_seconds", .histogram,
      "From the first byte of a request until its answer was with the socket.")
    for (key, histogram) in total.durations.sorted(by: { $0.key.order < $1.key.order }) {
      text.histogram("upconv_http_request_duration_seconds", key.labels, histogram)
    }
    text.family("upconv_http_content_received_bytes_total", .counter, "Bytes of contents, as they came.")
    text.sample("upconv_http_content_received_bytes_total", total.contentBytesReceived)
    text.family("upconv_http_content_sent_bytes_total", .counter, "Bytes of contents, as they went.")
    text.sample("upconv_http_content_sent_bytes_total", total.contentBytesSent)
    text.family(
      "upconv_rejections_total", .counter, "Requests that were refused before an endpoint could answer them, by reason."
    )
    for (reason, count) in total.rejections.sorted(by: { $0.key < $1.key }) {
      text.sample("upconv_rejections_total", count, [("reason", reason)])
    }
  }
}

extension RequestMetrics.Key {
  fileprivate var labels: [MetricsText.Label] {
    [
      ("route", route), ("method", method?.rawValue ?? "none"), ("status", "\(status)"), ("protocol", version.label),
    ]
  }
  fileprivate var order: String { "\(route) \(method?.rawValue ?? "") \(status) \(version.label)" }
}

extension RequestMetrics.DurationKey {
  fileprivate var labels: [MetricsText.Label] { [("route", route), ("protocol", version.label)] }
  fileprivate var order: String { "\(route) \(version.label)" }
}

extension RequestHead.Version {
  /// The version as metrics and logs have it.
  package var label: String {
    switch self {
    case .http10: "HTTP/1.0"
    case .http11: "HTTP/1.1"
    case .http2: "HTTP/2"
    }
  }
}
