import UpconvHTTP
import UpconvSystem

/// How the content of a request reaches its receiver, and what happens to content that nobody wants.
extension Connection {
  /// Unwanted content up to this size is read, so that the connection can go on; beyond it is closed instead.
  private static let maxDiscardedBytes = 64 << 10

  /// The answers before go out first, so that none waits for this content.
  func startReading(into receiver: any ContentReceiver) {
    if !context.outgoing.isEmpty {
      sendOutgoing()
      guard !isClosed else { return }
      if case .answering = phase {
        nextReceiver = receiver
        return
      }
    }
    readContent(into: receiver)
  }

  /// Reads the content of the request at hand from here on, whose rate counts from now.
  func readContent(into receiver: any ContentReceiver) {
    phase = .readingContent(receiver)
    progress.restart(now: context.now)
  }

  func noteContent(_ count: Int) {
    contentBytesReceived += count
    progress.add(bytes: count)
  }

  /// Hands content on, part by part, until the slice's time is over. What is left then waits for the next turn.
  func deliver(_ content: UnsafeRawBufferPointer, until sliceEnd: Moment?) {
    var rest = content
    var sliceEnd = sliceEnd
    while !rest.isEmpty, case .readingContent(let receiver) = phase {
      let part = receiver.receivePart(of: rest)
      if let refusal = part.answer { return respondEarly(refusal) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(1, part.taken)))
      guard !rest.isEmpty else { return }
      context.readClock()
      if let sliceEnd, context.now >= sliceEnd {
        undelivered = Array(rest)
        wantsTurn = true
        return
      }
      sliceEnd = sliceEnd ?? context.sliceEnd
    }
  }

  var isDiscarding: Bool {
    if case .readingContent(is DiscardedContent) = phase { true } else { false }
  }

  /// Answers although content may still come. Where little is left it is read and dropped first, so that the
  /// connection can go on; else the connection closes (RFC 9112 §9.3). Chunks are dropped until they pass the limit.
  func respondEarly(_ response: Response) {
    let contentLeft: Int? =
      switch request?.framing {
      case .none?: 0
      case .contentLength(let length)? where !(request?.expectsContinue ?? false): length - contentBytesReceived
      case .chunked? where !(request?.expectsContinue ?? false) && !isDiscarding: Connection.maxDiscardedBytes
      default: nil
      }
    if contentLeft == 0, isRequestAtEnd() {
      respond(response, keepsAlive: request?.keepsAlive ?? false)
    } else if let contentLeft, contentLeft <= Connection.maxDiscardedBytes {
      readContent(into: DiscardedContent(response, maxBytes: Connection.maxDiscardedBytes))
    } else {
      respond(response, keepsAlive: false)
    }
  }

  /// Takes the end of a request of which no byte is missing.
  private func isRequestAtEnd() -> Bool {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    do { if case .end = try parser.next(nothing).event { return true } } catch {}
    return false
  }

  func end() {
    guard case .readingContent(let receiver) = phase, let request else { return }
    switch context.begin(receiver.end(), of: request, connection: token, stream: 0) {
    case .answered(let response): respond(response, keepsAlive: request.keepsAlive)
    case .computing(let cancellation): phase = .computing(cancellation)
    }
  }
}
