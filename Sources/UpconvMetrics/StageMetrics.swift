import Synchronization
package import UpconvHTTP

/// How long requests were in each stage. Every event loop has a shard of its own, as in `RequestMetrics`.
package final class StageMetrics: Sendable {
  private final class Shard: Sendable {
    let histograms = Mutex([DurationHistogram](repeating: DurationHistogram(), count: RequestStage.allCases.count))
  }

  private let shards: [Shard]

  package init(shards: Int) { self.shards = (0..<max(1, shards)).map { _ in Shard() } }

  /// Requests without a content have no stages, and cost nothing here.
  package func add(_ exchange: borrowing EndedExchange) {
    guard exchange.hasStages else { return }
    let stages = exchange.stages
    shards[exchange.loop % shards.count].histograms.withLock { histograms in
      stages.forEachStage { stage, _, nanoseconds in histograms[stage.rawValue].add(nanoseconds: nanoseconds) }
    }
  }

  package func write(to text: inout MetricsText) {
    let name = "upconv_request_stage_duration_seconds"
    text.family(
      name, .histogram,
      "Time of requests with content in each stage of their way. Stage queue is the wait for a thread or a model's turn."
    )
    for stage in RequestStage.allCases {
      var sum = DurationHistogram()
      for shard in shards { sum += shard.histograms.withLock { $0[stage.rawValue] } }
      text.histogram(name, [("stage", stage.name)], sum)
    }
  }
}
