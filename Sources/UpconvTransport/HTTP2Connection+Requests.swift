import UpconvHTTP
import UpconvHTTP2
import UpconvMemory
import UpconvScheduling
import UpconvSystem

extension HTTP2Connection: HTTP2SessionDelegate {
  func begin(_ head: RequestHead, stream: Int32) {
    let decision = context.begin(head, from: peer, isGuest: isGuest)
    if isGuest { goAway() }
    switch decision {
    case .receive(let receiver):
      exchanges[stream] = Exchange(head.decided, phase: .receiving(receiver), now: context.now)
      if head.expectsContinue { session?.sendContinue(stream: stream) }
    case .respond(let response):
      exchanges[stream] = Exchange(head.decided, phase: .answering, now: context.now)
      respond(response, stream: stream)
    }
  }

  func refuse(_ error: RequestError, stream: Int32) {
    let exchange = exchanges[stream] ?? Exchange(nil, phase: .answering, now: context.now)
    exchanges[stream] = exchange
    exchange.giveUp(context.compute)
    respond(context.handler.refuse(.malformed(error), to: exchange.head), stream: stream)
  }

  func receive(_ content: UnsafeRawBufferPointer, stream: Int32) -> Bool {
    guard let exchange = exchanges[stream] else { return false }
    guard case .receiving(let receiver) = exchange.phase else {
      exchange.droppedBytes += content.count
      if exchange.isAnswered { exchange.lastProgress = context.now }
      let isWithinBound = unwantedContent.spend(Double(content.count), now: context.now)
      if !isWithinBound, exchange.isAnswered { session?.reset(stream: stream, .noError) }
      return isWithinBound
    }
    exchange.contentBytes += content.count
    contentProgress.add(bytes: content.count)
    let maxBytes = context.configuration.http.maxContentBytes
    if exchange.contentBytes > maxBytes {
      respond(
        context.handler.refuse(.malformed(.contentTooLarge(maxBytes: maxBytes)), to: exchange.head), stream: stream)
    } else if let refusal = receiver.receive(content) {
      respond(refusal, stream: stream)
    }
    return true
  }

  func end(stream: Int32) {
    guard let exchange = exchanges[stream] else { return }
    exchange.isOpen = false
    guard case .receiving(let receiver) = exchange.phase else { return }
    switch context.begin(receiver.end(), of: exchange.head, connection: token, stream: stream) {
    case .answered(let response): respond(response, stream: stream)
    case .computing(let cancellation): exchange.phase = .computing(cancellation)
    }
  }

  func didSend(bytes: Int, isLast: Bool, stream: Int32) {
    guard let exchange = exchanges[stream] else { return }
    exchange.lastProgress = context.now
    exchange.answerBytes += bytes
    answerProgress.send(bytes: bytes, now: context.now)
    guard isLast else { return }
    if exchange.isWaitingAnswer { answerProgress.end() }
    exchange.isAnswered = true
    // The answer's memory is free, though content may still come and be dropped.
    let freed = max(0, exchange.waitingBytes - exchange.heldBytes)
    waiting.remove(freed)
    exchange.waitingBytes -= freed
    if var answer = exchange.answer {
      if !answer.stages.isEmpty, let sending = session?.encoding(stream: stream) {
        answer.stages.addEncodedWhileSent(sending)
      }
      context.handler.ended(
        EndedExchange(
          head: exchange.head, status: answer.status, version: .http2, loop: context.loop, start: exchange.start,
          answerStart: answer.start, end: .now, handled: answer.stages,
          contentBytesReceived: exchange.contentBytes, contentBytesSent: exchange.answerBytes))
    }
  }

  func didClose(stream: Int32) {
    guard let exchange = exchanges.removeValue(forKey: stream) else { return }
    exchange.giveUp(context.compute)
    if exchange.isWaitingAnswer { answerProgress.end() }
    waiting.remove(exchange.waitingBytes)
    lastRequest = context.now
  }

  func respond(_ response: Response, stream: Int32) {
    guard let exchange = exchanges[stream] else { return }
    exchange.phase = .answering
    exchange.lastProgress = context.now
    guard let response = leased(response, for: exchange) else {
      // Not even a refusal may wait here.
      session?.reset(stream: stream, .enhanceYourCalm)
      return
    }
    if exchange.answer == nil { answerProgress.begin(now: context.now) }
    exchange.answer = (response.status.code, .now, response.stages)
    session?.respond(response, method: exchange.head?.method, date: context.date, stream: stream)
  }

  /// Leases what an answer takes while it waits for the client's windows: there may be one for each stream. From a budget
  /// apart: these are pages, documents and refusals, which anybody may ask for, and no computation is to wait for them.
  /// - Returns: the answer; a refusal if there is no memory for it; nil if there is none for that either.
  private func leased(_ response: Response, for exchange: Exchange) -> Response? {
    if takeMemory(for: response, exchange) { return response }
    let refusal = context.handler.refuse(.overloaded(retryAfterSeconds: 1), to: exchange.head)
    return takeMemory(for: refusal, exchange) ? refusal : nil
  }

  private func takeMemory(for response: Response, _ exchange: Exchange) -> Bool {
    waiting.remove(exchange.waitingBytes)
    let count = exchange.heldBytes + response.unleasedBytes
    exchange.waitingBytes = waiting.add(count) ? count : 0
    return exchange.waitingBytes > 0
  }

  /// Since when the peer neither sends nor takes at the minimum rate, while all requests wait for it; nil if one does not.
  var stalledSince: Moment? {
    let configuration = context.configuration
    let isContentSlow = isContentSlow(after: Idleness.leastTime)
    // Longer than for contents: what a peer with a large buffer takes shows in steps.
    let isAnswerSlow = answerProgress.isSlower(
      than: configuration.minContentRate, after: configuration.contentGrace, now: context.now)
    var earliest: Moment?
    for exchange in exchanges.values {
      switch exchange.phase {
      case .receiving where isContentSlow, .answering where isAnswerSlow && exchange.isWaitingAnswer:
        earliest = min(earliest ?? exchange.lastProgress, exchange.lastProgress)
      case .receiving, .computing, .answering: return nil
      }
    }
    return earliest
  }

  /// Whether the contents under way have come at less than the minimum rate, all together, for longer than `patience`.
  /// What waits for its turn here is not the peer's fault.
  private func isContentSlow(after patience: Duration) -> Bool {
    !wantsTurn
      && contentProgress.isSlower(than: context.configuration.minContentRate, after: patience, now: context.now)
  }

  func checkRequestDeadlines() {
    let configuration = context.configuration
    let isReceiving = exchanges.values.contains { if case .receiving = $0.phase { true } else { false } }
    if !isReceiving { contentProgress.restart(now: context.now) }
    let isContentSlow = isContentSlow(after: configuration.contentGrace)
    let isStalled = answerProgress.isStalled(now: context.now, timeout: configuration.idleTimeout)
    for (stream, exchange) in exchanges {
      switch exchange.phase {
      case .receiving where context.now - exchange.start > configuration.requestTimeout:
        let refusal = Refusal.tooSlow(seconds: configuration.requestTimeout.wholeSeconds)
        respond(context.handler.refuse(refusal, to: exchange.head), stream: stream)
        exchange.droppedBytes = Exchange.maxDroppedBytes + 1
      case .receiving where isContentSlow:
        let refusal = Refusal.contentTooSlow(minBytesPerSecond: configuration.minContentRate)
        respond(context.handler.refuse(refusal, to: exchange.head), stream: stream)
        exchange.droppedBytes = Exchange.maxDroppedBytes + 1
      case .computing(let cancellation) where context.now - exchange.start > configuration.requestTimeout:
        context.compute.cancel(cancellation)
        let refusal = Refusal.timedOut(seconds: configuration.requestTimeout.wholeSeconds)
        respond(context.handler.refuse(refusal, to: exchange.head), stream: stream)
      case .answering where exchange.isAnswered:
        // RFC 9113 §8.1: the answer is whole, the rest of the request is not wanted.
        let patience = exchange.isBetterReset ? Exchange.lingerTimeout : configuration.idleTimeout
        if context.now - exchange.lastProgress > patience
          || context.now - exchange.start > configuration.requestTimeout + Exchange.lingerTimeout
        {
          session?.reset(stream: stream, .noError)
        }
      case .answering where isStalled || context.now - exchange.lastProgress > configuration.idleTimeout:
        // Its windows stay closed, or open by crumbs.
        session?.reset(stream: stream, .cancel)
      default:
        break
      }
    }
  }
}
