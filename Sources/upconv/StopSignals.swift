import Dispatch
import Glibc

/// SIGTERM and SIGINT, taken in order by whoever waits, and SIGHUP where it is taken for "read again". Made before any
/// other thread, so that all inherit the mask.
struct StopSignals {
  private var set = sigset_t()

  /// From here on SIGHUP waits, until a value of this type takes it or lets it go. Before there are other threads.
  static func holdHangup() {
    var hangup = StopSignals.hangup
    pthread_sigmask(SIG_BLOCK, &hangup, nil)
  }

  private static var hangup: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGHUP)
    return set
  }

  /// - Parameter takesHangup: else SIGHUP ends the process, as it does by default.
  init(takesHangup: Bool) {
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    if takesHangup { sigaddset(&set, SIGHUP) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    guard !takesHangup else { return }
    var hangup = StopSignals.hangup
    pthread_sigmask(SIG_UNBLOCK, &hangup, nil)
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

  /// Waits like `wait(hangup:)`, but only until `isOver`, which it asks every 10 ms. Returns nil then.
  func wait(until isOver: () -> Bool, hangup: () -> Void) -> Int32? {
    var set = set
    var patience = timespec(tv_sec: 0, tv_nsec: 10_000_000)
    while !isOver() {
      let signal = sigtimedwait(&set, nil, &patience)
      if signal == SIGHUP { hangup() } else if signal > 0 { return signal }
    }
    return nil
  }

  /// Lets the next one end the process at once: who asks twice does not want to wait.
  func exitAtNext() {
    let signals = self
    DispatchQueue(label: "upconv.signals").async { exit(128 + signals.wait(hangup: {})) }
  }
}
