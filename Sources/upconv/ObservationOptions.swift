import ArgumentParser
import Glibc
import Logging
import UpconvLogging
import UpconvMetrics
import UpconvScheduling
import UpconvService
import UpconvTracing

/// What is told of requests, and where.
struct ObservationOptions: ParsableArguments {
  @Option(help: "Log level: trace, debug, info, notice, warning, error, critical.")
  var logLevel = "info"

  @Option(help: "Form of the log on standard error: text, or json (one object a line).")
  var logFormat = "text"

  @Option(help: "Requests that get a line in the log: none, slow (and failed), all.")
  var logRequests = "slow"

  @Option(help: "From so many milliseconds on a request is slow.")
  var slowMilliseconds = 1000

  @Option(help: "Where spans of requests are sent as OTLP in JSON, such as http://127.0.0.1:4318.")
  var otlpEndpoint: String?

  @Option(help: "Share, from 0 to 1, of the requests without a traceparent whose spans are sent.")
  var traceShare = 1.0

  func validate() throws {
    try ObservationOptions.check("--log-level", logLevel, Logger.Level.allCases.map(\.rawValue))
    try ObservationOptions.check("--log-format", logFormat, ["text", "json"])
    try ObservationOptions.check("--log-requests", logRequests, Observation.RequestLines.allCases.map(\.rawValue))
    try LimitOptions.check("--slow-milliseconds", slowMilliseconds, 0...86_400_000)
    guard 0...1 ~= traceShare else {
      throw ValidationError("--trace-share is \(traceShare), but must be from 0 to 1.")
    }
    if let otlpEndpoint, CollectorEndpoint(otlpEndpoint) == nil {
      throw ValidationError(
        "--otlp-endpoint is \(otlpEndpoint), but must be http://[USER:PASSWORD@]HOST[:PORT][/PATH].")
    }
  }

  private static func check(_ flag: String, _ value: String, _ names: [String]) throws {
    guard names.contains(value) else {
      throw ValidationError("\(flag) is \(value), but must be one of \(names.joined(separator: ", ")).")
    }
  }

  func logger(_ output: LogOutput) -> Logger {
    var logger =
      logFormat == "json"
      ? Logger(label: "upconv") { LineLogHandler(.json, label: $0, to: output) }
      : Logger(label: "upconv") { LineLogHandler(.text, label: $0, to: output) }
    logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
    return logger
  }

  /// - Parameter eventLoops: as the server will have.
  func observation(eventLoops: Int, compute: ComputeQueue, logger: Logger, _ output: LogOutput) -> Observation {
    var observation = Observation(eventLoops: eventLoops)
    observation.logger = logger
    observation.lines = Observation.RequestLines(rawValue: logRequests) ?? .slow
    observation.slowDuration = .milliseconds(slowMilliseconds)
    observation.traceShare = traceShare
    let registry = observation.registry
    observation.requests.addRejections("queue") { compute.refusalCount }
    if let endpoint = otlpEndpoint.flatMap({ CollectorEndpoint($0) }) {
      let spans = SpanExporter(endpoint: endpoint, version: ProgramVersion.text, logger: logger)
      observation.spans = spans
      registry.add { text in
        text.family("upconv_spans_total", .counter, "Spans that were sent to the collector, and that were not.")
        text.sample("upconv_spans_total", spans.counts.sent, [("outcome", "sent")])
        text.sample("upconv_spans_total", spans.counts.dropped, [("outcome", "dropped")])
      }
    }
    registry.add { text in
      text.family("upconv_build_info", .info, "The program.")
      text.sample("upconv_build_info", 1, [("version", ProgramVersion.text)])
      let load = compute.load
      text.family("upconv_queue_depth", .gauge, "Requests that wait for a thread.")
      text.sample("upconv_queue_depth", load.waiting)
      text.family("upconv_running_jobs", .gauge, "Requests, or batches of them, that are being computed.")
      text.sample("upconv_running_jobs", load.running)
      text.family(
        "upconv_cancelled_jobs_total", .counter,
        "Requests that were given up, waiting or running: their client had left, or their time was over.")
      text.sample("upconv_cancelled_jobs_total", compute.cancellationCount)
      text.family(
        "upconv_log_lines_lost_total", .counter,
        "Lines that were not written: the log's reader had gone or did not keep up, or its disk was full.")
      text.sample("upconv_log_lines_lost_total", output.lostCount)
    }
    registry.add { ProcessMetrics.write(to: &$0) }
    return observation
  }
}
