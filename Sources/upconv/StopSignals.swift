import Dispatch
import Glibc

/// SIGTERM and SIGINT, taken in order by whoever waits, and SIGHUP where it is taken for "read again". Made before any
/// other thread, so that all inherit the mask.
struct StopSignals {
  private var set = sigset_t()

  /// - Parameter takesHangup: else SIGHUP ends the process, as it does by default.
  init(takesHangup: Bool) {
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    if takesHangup { sigaddset(&set, SIGHUP) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
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
