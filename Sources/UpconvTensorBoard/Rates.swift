import UpconvMetrics
import UpconvRepository

/// What happened between two looks at counters, as scalars.
enum Rates {
  /// - Parameters:
  ///   - durations: of requests, as counted since the start.
  ///   - last: the same at the last look; becomes this one.
  static func scalars(
    _ durations: DurationHistogram, since last: inout DurationHistogram, seconds: Double
  ) -> [Event.Content] {
    let new = durations - last
    last = durations
    var scalars: [Event.Content] = [
      .scalar(tag: "throughput/requests_per_second", Double(new.count) / seconds)
    ]
    // Where nothing was answered there is no latency, not one of zero.
    guard new.count > 0 else { return scalars }
    scalars.append(.scalar(tag: "latency/mean_ms", Double(new.totalNanoseconds) / Double(new.count) / 1e6))
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
      scalars.append(.scalar(tag: "latency/\(name)_ms", new.quantile(share) * 1000))
    }
    return scalars
  }

  static func scalars(
    _ values: ModelStatistics.Values, since before: ModelStatistics.Values, seconds: Double
  ) -> [Event.Content] {
    let answered = values.success.count - before.success.count
    var scalars: [Event.Content] = [
      .scalar(tag: "throughput/requests_per_second", Double(answered) / seconds),
      .scalar(
        tag: "throughput/images_per_second", Double(values.inferenceCount - before.inferenceCount) / seconds),
      .scalar(
        tag: "throughput/failures_per_second", Double(values.failure.count - before.failure.count) / seconds),
    ]
    guard answered > 0 else { return scalars }
    func mean(_ tag: String, _ total: KeyPath<ModelStatistics.Values, ModelStatistics.Total>) {
      let nanoseconds = values[keyPath: total].nanoseconds - before[keyPath: total].nanoseconds
      scalars.append(.scalar(tag: tag, Double(nanoseconds) / Double(answered) / 1e6))
    }
    mean("latency/mean_ms", \.success)
    mean("latency/queue_ms", \.queue)
    mean("latency/compute_ms", \.computeInfer)
    return scalars
  }
}
