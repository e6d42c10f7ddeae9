import Dispatch
import Glibc

/// SIGTERM and SIGINT, taken in order by whoever waits. Made before any other thread, so that all inherit the mask.
struct StopSignals {
  private var set = sigset_t()

  init() {
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Waits for one of them and answers its number.
  func wait() -> Int32 {
    var set = set
    var signal: Int32 = 0
    while sigwait(&set, &signal) != 0 {}
    return signal
  }

  /// Lets the next one end the process at once: who asks twice does not want to wait.
  func exitAtNext() {
    let signals = self
    DispatchQueue(label: "upconv.signals").async { exit(128 + signals.wait()) }
  }
}
