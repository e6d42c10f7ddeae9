import Dispatch
import Glibc
package import Logging
import Synchronization
import UpconvMetrics
import UpconvRepository
import UpconvSystem

/// Writes what TensorBoard shows: each model's graph, latency and throughput, and of a share of the answers a histogram
/// and a picture.
///
/// It works on a thread of its own, with less of a claim to processors than requests have. Those only leave an answer
/// here, and never wait: what finds no room is passed over. What cannot be written is counted, and logged once.
package final class TensorBoardRecorder: Sendable {
  private let settings: RecordingSettings
  private let backlog = AnswerBacklog()
  private let recordingCounts = RecordingCounts()
  /// Only the thread uses it, and holds it while it writes.
  private let log: Mutex<RecordingLog>
  private let wake = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)
  private let isStopping = Atomic(false)

  /// - Throws: if the directory cannot be written to.
  package init(_ settings: RecordingSettings, _ sources: RecordingSources, logger: Logger) throws(EventFileError) {
    self.settings = settings
    log = Mutex(try RecordingLog(settings, sources, counts: recordingCounts, logger: logger))
    // The block keeps its thread until the end, as the event loops' do.
    DispatchQueue(label: "upconv.tensorboard", qos: .utility).async { [self] in work() }
  }

  /// Takes note of an answer, if chance has it among the share. Costs a random number, and for those taken a lock.
  package func consider(_ answer: @autoclosure () -> RecordedAnswer) {
    guard settings.share >= 1 || Double.random(in: 0..<1) < settings.share else { return }
    if backlog.append(answer()) { wake.signal() }
  }

  package var counts: RecordingCounts.Values {
    var counts = recordingCounts.current
    counts.passedOverAnswers = backlog.passedOverCount
    return counts
  }

  /// Writes what waits and a last point of every scalar, and returns when that is done: for the end of the program.
  package func stop() {
    guard !isStopping.exchange(true, ordering: .relaxed) else { return }
    wake.signal()
    finished.wait()
  }

  private func work() {
    // On Linux this is for the calling thread alone.
    setpriority(Int32(PRIO_PROCESS.rawValue), 0, 10)
    var next = Moment.now + settings.interval
    var isLast = false
    while !isLast {
      _ = wake.wait(timeout: .now() + .nanoseconds(next.nanoseconds(since: .now)))
      isLast = isStopping.load(ordering: .relaxed)
      // However many answers come, the scalars have their time.
      while isLast || Moment.now < next, let answer = backlog.takeFirst() { log.withLock { $0.record(answer) } }
      guard isLast || Moment.now >= next else { continue }
      log.withLock { $0.recordRates() }
      // What is left behind for it must not wait until the next answer comes.
      wake.signal()
      next = max(next + settings.interval, Moment.now)
    }
    finished.signal()
  }
}
