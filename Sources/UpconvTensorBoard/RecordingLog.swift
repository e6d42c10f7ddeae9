import Logging
import UpconvMetrics
import UpconvModels
import UpconvRepository
import UpconvSystem

/// The runs of one recorder: `server` for all that computes, `conv2d_transpose` for the operation, `MODEL/VERSION` for
/// each model. One thread uses it.
final class RecordingLog {
  private let settings: RecordingSettings
  private let sources: RecordingSources
  private let counts: RecordingCounts
  private let logger: Logger
  private let server: EventRun
  private let operation: EventRun
  private var models: [String: ModelRun] = [:]
  /// Runs of models that are unloaded: loaded again they go on, and their files stay within the limit.
  private var unloadedRuns: [String: EventRun] = [:]
  private var serverDurations: DurationHistogram
  private var operationDurations: DurationHistogram
  private var operationAnswers = 0
  private let start = Moment.now
  private var lastLook = Moment.now
  private var lastStep = 0
  /// Directories of runs whose last event was not written.
  private var failing: Set<String> = []

  /// A model's run, as long as this very object is served.
  private struct ModelRun {
    let served: ServedModel
    let run: EventRun
    var values = ModelStatistics.Values()
    var answers = 0
  }

  /// - Throws: if the directory cannot be written to.
  init(
    _ settings: RecordingSettings, _ sources: RecordingSources, counts: RecordingCounts,
    logger: Logger
  ) throws(EventFileError) {
    self.settings = settings
    self.sources = sources
    self.counts = counts
    self.logger = logger
    server = EventRun(directory: "\(settings.directory)/server", maxBytes: settings.maxRunBytes)
    operation = EventRun(directory: "\(settings.directory)/conv2d_transpose", maxBytes: settings.maxRunBytes)
    serverDurations = sources.requests.durations(ofRoutes: sources.computingRoutes)
    operationDurations = sources.requests.durations(ofRoutes: [sources.operationRoute])
    try server.begin()
  }

  func record(_ answer: RecordedAnswer) {
    let run: EventRun
    let name: String
    let step: Int
    switch answer.source {
    case .operation:
      operationAnswers += 1
      (run, name, step) = (operation, "output", operationAnswers)
    case .model(let served):
      // An answer of what has been replaced by now changes nothing for its successor.
      let runName = RecordingLog.name(served)
      if models[runName] == nil { begin(served) }
      models[runName]?.answers += 1
      guard let model = models[runName] else { return }
      (run, name, step) = (model.run, served.model.output.name, model.answers)
    }
    for content in answer.contents(output: name) { write(content, to: run, step) }
    counts.add { $0.recordedAnswers += 1 }
  }

  /// A point of every scalar. Steps are seconds since the start.
  func recordRates() {
    let now = Moment.now
    let seconds = (now - lastLook) / .seconds(1)
    guard seconds > 0 else { return }
    // Of two points at one step TensorBoard shows the later only.
    let step = max(lastStep + 1, Int((now - start) / .seconds(1)))
    (lastLook, lastStep) = (now, step)
    let all = sources.requests.durations(ofRoutes: sources.computingRoutes)
    for scalar in Rates.scalars(all, since: &serverDurations, seconds: seconds) { write(scalar, to: server, step) }
    let durations = sources.requests.durations(ofRoutes: [sources.operationRoute])
    // No run for what nobody uses.
    if durations.count > 0 {
      for scalar in Rates.scalars(durations, since: &operationDurations, seconds: seconds) {
        write(scalar, to: operation, step)
      }
    }
    let served = sources.models()
    for model in served {
      let name = RecordingLog.name(model)
      if models[name]?.served !== model { begin(model) }
      guard let known = models[name] else { continue }
      let values = model.queue.statistics.current
      for scalar in Rates.scalars(values, since: known.values, seconds: seconds) { write(scalar, to: known.run, step) }
      models[name]?.values = values
    }
    let names = Set(served.map(RecordingLog.name))
    for (name, gone) in models where !names.contains(name) {
      models[name] = nil
      gone.run.pause()
      unloadedRuns[name] = gone.run
      failing.remove(gone.run.directory)
    }
  }

  private static func name(_ served: ServedModel) -> String { "\(served.name)/\(served.version)" }

  /// Makes a model's run with its graph; of a version that was loaded again it goes on in the same files.
  private func begin(_ served: ServedModel) {
    let name = RecordingLog.name(served)
    let known = models[name]
    let run =
      known?.run ?? unloadedRuns.removeValue(forKey: name)
      ?? EventRun(directory: "\(settings.directory)/\(name)", maxBytes: settings.maxRunBytes)
    models[name] = ModelRun(served: served, run: run, answers: known?.answers ?? 0)
    let graph = ModelGraph(served.model).nodes
    attempt(run) { () throws(EventFileError) in try run.setGraph(graph) }
  }

  private func write(_ content: Event.Content, to run: EventRun, _ step: Int) {
    attempt(run) { () throws(EventFileError) in try run.write(content, step: step) }
  }

  /// A failure is counted, and logged where it is the first since all went well: a full disk must not fill the log.
  private func attempt(_ run: EventRun, _ write: () throws(EventFileError) -> Void) {
    do throws(EventFileError) {
      try write()
      counts.add { $0.writtenEvents += 1 }
      if failing.remove(run.directory) != nil, failing.isEmpty {
        logger.notice("all events for TensorBoard are written again")
      }
    } catch {
      counts.add { $0.failedEvents += 1 }
      if failing.isEmpty {
        logger.warning("events for TensorBoard cannot be written", metadata: ["reason": "\(error)"])
      }
      failing.insert(run.directory)
    }
  }
}
