import Glibc
import UpconvHTTP
import UpconvMemory
import UpconvSystem

/// How a connection of HTTP/1.1 writes its answers.
extension Connection {
  /// What is told of a request once its answer is with the socket.
  struct AnsweredRequest {
    let head: RequestHead?
    let status: Int
    let answerStart: Moment
    var stages: StageTimes
    /// Bytes that went out before the content.
    let headBytes: Int
    var bytesSent = 0
  }

  /// Contents up to this size are copied behind the head, so that one buffer goes to the socket.
  static let maxCopiedBytes = 16 << 10

  /// Answers without reading on, and closes.
  func refuse(_ refusal: Refusal) {
    respond(context.handler.refuse(refusal, to: request), keepsAlive: false)
  }

  func sendContinue() {
    let bytes = ResponseEncoder.continueResponse
    let sent = send(descriptor.number, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    // A socket that is still full of earlier answers does not get it: the client goes on by itself after a while
    // (RFC 9110 §10.1.1). A part of it cannot be taken back.
    if sent != bytes.count, !(sent < 0 && errno == EAGAIN) { close() }
  }

  func respond(_ response: Response, keepsAlive: Bool) {
    let lease: MemoryLease?
    do { lease = try context.lease(for: response) } catch {
      return respond(context.handler.refuse(.overloaded(retryAfterSeconds: 1), to: request), keepsAlive: keepsAlive)
    }
    // Also a head that was refused may have shown that no content may follow.
    let method = request?.method ?? (parser.isReadingHEAD ? .head : nil)
    let delivery = ResponseEncoder.appendHead(
      of: response, method: method, version: request?.version ?? .http11,
      keepsAlive: keepsAlive && !context.isStopping && !isGuest, date: context.date, to: &context.outgoing)
    let answered = AnsweredRequest(
      head: request.take(), status: delivery.isReplaced ? Status.internalServerError.code : response.status.code,
      answerStart: context.now, stages: response.stages, headBytes: context.outgoing.count)
    switch delivery.isReplaced || delivery.framing == .none ? .none : response.content {
    case .none:
      report(answered, contentBytes: 0)
      finishAnswer(closes: delivery.closes)
    case .bytes(let bytes) where bytes.count <= Connection.maxCopiedBytes:
      context.outgoing += bytes
      report(answered, contentBytes: bytes.count)
      finishAnswer(closes: delivery.closes)
    case let content:
      self.answered = answered
      answer = PendingAnswer(staged: Array(context.outgoing[...]), content: content, delivery: delivery, lease: lease)
      context.outgoing.removeAll(keepingCapacity: true)
      phase = .answering
      progress.restart(now: context.now)
      writeAnswer()
    }
  }

  private func report(_ answered: consuming AnsweredRequest, contentBytes: Int) {
    let version = answered.head?.version ?? .http11
    context.handler.ended(
      EndedExchange(
        head: answered.head, status: answered.status, version: version, loop: context.loop,
        start: requestStart, answerStart: answered.answerStart, end: .now, handled: answered.stages,
        contentBytesReceived: contentBytesReceived, contentBytesSent: contentBytes))
  }

  /// The whole answer stands in the loop's buffer.
  private func finishAnswer(closes: Bool) {
    phase = .betweenRequests
    if closes || !isGathering || context.outgoing.count > LoopContext.maxOutgoingBytes / 2 {
      sendOutgoing(closes: closes)
    }
  }

  /// One system call for all answers that were gathered. What the socket does not take waits in `answer`.
  func sendOutgoing(closes: Bool = false) {
    defer { context.outgoing.removeAll(keepingCapacity: true) }
    guard !isClosed else { return }
    let count = context.outgoing.count
    let sent = context.outgoing.withUnsafeBytes { bytes in
      let sent = send(descriptor.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      return sent >= 0 || errno == EAGAIN || errno == EINTR ? max(sent, 0) : -1
    }
    progress.restart(now: context.now)
    if sent == count {
      if closes { linger() }
    } else if sent < 0 {
      close()
    } else {
      answer = PendingAnswer(
        staged: Array(context.outgoing[sent...]), content: .none, delivery: .init(framing: .none, closes: closes))
      phase = .answering
    }
  }

  func continueAnswer() {
    writeAnswer()
    processUnread()
  }

  private func writeAnswer() {
    context.readClock()
    guard let (state, bytes) = answer?.write(to: descriptor.number, until: context.sliceEnd) else { return }
    context.note(pieceOf: bytes)
    progress.take(bytes: bytes, isAll: state == .done, now: context.now)
    answered?.bytesSent += bytes
    switch state {
    case .done:
      if var answered = answered.take() {
        if let answer, !answered.stages.isEmpty { answered.stages.addEncodedWhileSent(answer.encoding) }
        let contentBytes = max(0, answered.bytesSent - answered.headBytes)
        report(answered, contentBytes: contentBytes)
      }
      let closes = answer?.closes ?? true
      answer = nil
      if closes {
        linger()
      } else if let receiver = nextReceiver.take() {
        readContent(into: receiver)
      } else {
        phase = .betweenRequests
      }
    case .unfinished:
      break
    case .outOfTime:
      wantsTurn = true
    case .failed:
      close()
    }
  }

  private func linger() {
    shutdown(descriptor.number, Int32(SHUT_WR))
    unread = []
    undelivered = []
    phase = .lingering
  }
}
