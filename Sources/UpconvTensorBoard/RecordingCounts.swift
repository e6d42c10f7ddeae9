import Synchronization

/// What became of answers and events, for whoever asks at any time.
package final class RecordingCounts: Sendable {
  package struct Values: Sendable, Equatable {
    package var recordedAnswers = 0
    /// Answers for which there was no room.
    package var passedOverAnswers = 0
    package var writtenEvents = 0
    package var failedEvents = 0
  }

  private let values = Mutex(Values())

  var current: Values { values.withLock { $0 } }

  func add(_ change: (inout Values) -> Void) { values.withLock { change(&$0) } }
}
