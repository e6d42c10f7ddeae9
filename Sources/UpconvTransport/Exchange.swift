import UpconvHTTP
import UpconvScheduling
import UpconvSystem

/// One request of an HTTP/2 connection, and its answer.
final class Exchange {
  enum Phase {
    case receiving(any ContentReceiver)
    case computing(Cancellation)
    /// The answer is with the session; content that still comes is dropped.
    case answering
  }

  /// Nil if the request was refused before it was one.
  let head: RequestHead?
  var phase: Phase
  /// Whether the client may still send.
  var isOpen = true
  /// Whether the answer has gone out whole.
  var isAnswered = false
  var contentBytes = 0
  /// Content that came after the answer was decided.
  var droppedBytes = 0
  /// When the request began, and when a part of its answer last went, or of the content behind it came.
  let start: Moment
  /// What is told of the answer.
  var answer: (status: Int, start: Moment, stages: StageTimes)?
  var answerBytes = 0
  /// Bytes of the connection's `waiting` that are this exchange's.
  var waitingBytes = 0
  var lastProgress: Moment

  init(_ head: RequestHead?, phase: Phase, now: Moment) {
    self.head = head
    self.phase = phase
    start = now
    lastProgress = now
  }

  /// Whether it has an answer that has not gone out whole.
  var isWaitingAnswer: Bool { answer != nil && !isAnswered }

  func giveUp(_ compute: ComputeQueue) {
    if case .computing(let cancellation) = phase { compute.cancel(cancellation) }
  }

  /// Whether a client that has its answer is told soon to stop sending: it has much left, or waits for leave.
  var isBetterReset: Bool {
    guard isOpen else { return false }
    if droppedBytes > Exchange.maxDroppedBytes || head?.expectsContinue == true { return true }
    if case .contentLength(let length) = head?.framing {
      return length - contentBytes - droppedBytes > Exchange.maxDroppedBytes
    }
    return false
  }

  /// Unwanted content up to this size is read, so that clients that write first and read then get their answer.
  static let maxDroppedBytes = 64 << 10
  /// How long the next content is waited for after an answer if much is left. Clients that find a reset behind an answer,
  /// before they have read it, lose the answer; httpx reads only once all its content is sent.
  static let lingerTimeout = Duration.seconds(2)

  /// Bytes of memory that it takes besides its answer's content: its head, and about as much of the session's as of its
  /// own objects.
  var heldBytes: Int { (head?.heldBytes ?? 0) + 1024 }
}
