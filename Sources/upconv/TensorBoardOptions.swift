import ArgumentParser
import Logging
import UpconvMetrics
import UpconvRepository
import UpconvService
import UpconvTensorBoard

/// What is written for TensorBoard, and where.
struct TensorBoardOptions: ParsableArguments {
  @Option(
    name: .customLong("tensorboard"),
    help: "Folder for TensorBoard's event files: graphs of models, latency and throughput, outputs. Nothing without it."
  )
  var directory: String?

  @Option(
    name: .customLong("tensorboard-share"),
    help: "Share, from 0 to 1, of the answers whose outputs are written as histograms and images.")
  var share = 0.01

  @Option(name: .customLong("tensorboard-seconds"), help: "Seconds between two points of latency and throughput.")
  var intervalSeconds = 10

  @Option(
    name: .customLong("tensorboard-max-bytes"),
    help: "Bytes of the files of each model, of the operation and of the server; the oldest of this start go.")
  var maxRunBytes = 256 << 20

  func validate() throws {
    guard 0...1 ~= share else {
      throw ValidationError("--tensorboard-share is \(share), but must be from 0 to 1.")
    }
    try LimitOptions.check("--tensorboard-seconds", intervalSeconds, 1...86_400)
    try LimitOptions.check("--tensorboard-max-bytes", maxRunBytes, 32 << 20...1 << 44)
    if let directory, directory.isEmpty {
      throw ValidationError("--tensorboard is empty, but must be a folder.")
    }
  }

  /// nil if nothing is asked for.
  /// - Throws: if the folder takes no files.
  func recorder(
    _ observation: Observation, _ repository: ModelRepository, logger: Logger
  ) throws(EventFileError) -> TensorBoardRecorder? {
    guard let directory else { return nil }
    var settings = RecordingSettings(directory: directory)
    settings.share = share
    settings.interval = .seconds(intervalSeconds)
    settings.maxRunBytes = maxRunBytes
    let recorder = try TensorBoardRecorder(
      settings, RecordingSources(observation.requests, repository), logger: logger)
    observation.registry.add { text in
      let counts = recorder.counts
      text.family(
        "upconv_tensorboard_answers_total", .counter,
        "Answers of the share for TensorBoard: recorded, and without room.")
      text.sample("upconv_tensorboard_answers_total", counts.recordedAnswers, [("outcome", "recorded")])
      text.sample("upconv_tensorboard_answers_total", counts.passedOverAnswers, [("outcome", "passed_over")])
      text.family("upconv_tensorboard_events_total", .counter, "Events for TensorBoard: written, and not.")
      text.sample("upconv_tensorboard_events_total", counts.writtenEvents, [("outcome", "written")])
      text.sample("upconv_tensorboard_events_total", counts.failedEvents, [("outcome", "failed")])
    }
    return recorder
  }
}
