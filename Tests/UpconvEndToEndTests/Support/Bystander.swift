import Foundation
import Synchronization

/// A client that goes on with tiny requests of HTTP/1.1 while something happens to its server, and times each.
final class Bystander: Sendable {
  private struct State {
    var milliseconds: [Double] = []
    var failures = 0
    var isStopped = false
  }

  private let state = Mutex(State())
  private let done = DispatchSemaphore(value: 0)

  init(port: UInt16) throws {
    let client = try TestClient(port: port)
    nonisolated(unsafe) let connection = client  // used by the thread below alone
    Thread.detachNewThread { [self] in
      while !state.withLock({ $0.isStopped }) {
        let start = ContinuousClock.now
        let isRight =
          (try? connection.send(TestRequest.tiny)) != nil
          && (try? connection.readResponse().text) == TestRequest.tinyAnswer
        let passed = ContinuousClock.now - start
        state.withLock {
          $0.milliseconds.append(Double(passed.components.attoseconds) / 1e15 + Double(passed.components.seconds) * 1e3)
          if !isRight { $0.failures += 1 }
          if !isRight { $0.isStopped = true }
        }
        usleep(500)
      }
      done.signal()
    }
  }

  /// How it went: requests answered rightly, and the time that 99 of 100 took at most.
  func stop() -> (answered: Int, failures: Int, p99Milliseconds: Double) {
    state.withLock { $0.isStopped = true }
    done.wait()
    return state.withLock { state in
      let sorted = state.milliseconds.sorted()
      let p99 = sorted.isEmpty ? .infinity : sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
      return (sorted.count - state.failures, state.failures, p99)
    }
  }
}
