import Synchronization
import UpconvTensor

/// Answers that wait to be recorded. What finds no room is passed over and counted: nobody waits for room.
final class AnswerBacklog: Sendable {
  private struct State {
    var answers: [RecordedAnswer] = []
    var byteCount = 0
    var passedOverCount = 0
  }

  private let state = Mutex(State())

  /// Their outputs stay in memory for so long.
  private static let maxAnswers = 32
  private static let maxBytes = 64 << 20

  /// Takes an answer, whatever its size where no other waits.
  /// - Returns: whether there was room.
  func append(_ answer: RecordedAnswer) -> Bool {
    state.withLock { state in
      let byteCount = state.byteCount + answer.output.byteCount
      guard state.answers.isEmpty || (state.answers.count < Self.maxAnswers && byteCount <= Self.maxBytes) else {
        state.passedOverCount += 1
        return false
      }
      state.answers.append(answer)
      state.byteCount = byteCount
      return true
    }
  }

  /// The one that has waited longest.
  func takeFirst() -> RecordedAnswer? {
    state.withLock { state in
      guard !state.answers.isEmpty else { return nil }
      let answer = state.answers.removeFirst()
      state.byteCount -= answer.output.byteCount
      return answer
    }
  }

  var passedOverCount: Int { state.withLock { $0.passedOverCount } }
}
