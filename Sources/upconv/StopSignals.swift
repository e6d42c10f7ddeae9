import Dispatch
import Glibc

/// SIGTERM and SIGINT, taken in order by whoever waits, and SIGHUP where it is taken for "read again". Made before any
/// other thread, so that all inherit the mask.
struct StopSignals {
  private var set = sigset_t()
  /// What SIGHUP did when the program began: it may have been told to ignore it (nohup).
  nonisolated(unsafe) private static var hangupAtStart: (@convention(c) (Int32) -> Void)?

  /// From here on SIGHUP does nothing, until a value of this type is made. On the main thread, before there are others.
  static func ignoreHangup() { hangupAtStart = signal(SIGHUP, SIG_IGN) }

  /// - Parameter takesHangup: else SIGHUP ends the process, as it does by default.
  init(takesHangup: Bool) {
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    if takesHangup { sigaddset(&set, SIGHUP) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    // What is blocked has to be deliverable to be waited for.
    signal(SIGHUP, takesHangup ? SIG_DFL : StopSignals.hangupAtStart)
  }

  /// Waits for one that stops and answers its number; until then, calls `hangup` for each SIGHUP.
  func wait(hangup: () -> Void) -> Int32 {
    var set = set
    var signal: Int32 = 0
    while true {
      guard sigwait(&set, &signal) == 0 else { continue }
      guard signal == SIGHUP else { return signal }
      hangup()
    }
  }

  /// Lets the next one end the process at once: who asks twice does not want to wait.
  func exitAtNext() {
    let signals = self
    DispatchQueue(label: "upconv.signals").async { exit(128 + signals.wait(hangup: {})) }
  }
}
