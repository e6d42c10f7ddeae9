import Synchronization
import UpconvHTTP
import UpconvScheduling

/// What became of a complete request.
enum BegunWork {
  /// The answer is here already.
  case answered(Response)
  /// It will come as a message to the loop.
  case computing(Cancellation)
}

extension LoopContext {
  /// Content of more bytes is work for the queue, whatever it says.
  private static let leastQueuedContentBytes = 64 << 10

  /// Decides on a head. What would find no place in the queue is refused before its content is read: by when it is there,
  /// others would have come before it.
  /// - Parameter isGuest: whether the connection was accepted beyond the limit.
  func begin(_ head: RequestHead, from peer: NetworkAddress, isGuest: Bool) -> Decision {
    if isGuest, !handler.isHealthProbe(head) { return .respond(refuseGuest(head)) }
    let decision = handler.begin(head, from: peer)
    guard case .receive = decision, case .contentLength(let length) = head.framing,
      length >= LoopContext.leastQueuedContentBytes, let refusal = compute.refusalOfNext()
    else { return decision }
    return .respond(handler.refuse(.overloaded(retryAfterSeconds: refusal.retryAfterSeconds), to: head))
  }

  /// The answer to a client that found no place.
  func refuseGuest(_ head: RequestHead?) -> Response {
    mailbox.refusedCount.add(1, ordering: .relaxed)
    return handler.refuse(.overloaded(retryAfterSeconds: 1), to: head)
  }

  /// How long a connection beyond the limit may take to send its request.
  static let guestPatience = Duration.seconds(1)

  /// Hands a complete request's work to whoever does it.
  /// - Parameters:
  ///   - head: the request's.
  ///   - token: of the connection that waits.
  ///   - stream: the one of its requests that it is; 0 in HTTP/1.1.
  func begin(_ outcome: Outcome, of head: RequestHead?, connection token: UInt64, stream: Int32) -> BegunWork {
    let mailbox = mailbox
    // The answer comes as a message, so that it finds the connection's phase already changed.
    let complete: @Sendable (Response) -> Void = {
      mailbox.post(.answered(connection: token, stream: stream, $0))
    }
    switch outcome {
    case .respond(let response):
      return .answered(response)
    case .compute(let job):
      let cancellation = Cancellation()
      let refuse: @Sendable (QueueRefusal) -> Response = { [handler] in
        handler.refuse(.overloaded(retryAfterSeconds: $0.retryAfterSeconds), to: head)
      }
      do {
        try compute.submit(job, cancellation, orElse: refuse, completion: complete)
        return .computing(cancellation)
      } catch { return .answered(refuse(error)) }
    case .later(let deferral):
      let cancellation = Cancellation()
      let refusal = deferral.begin({ cancellation.isCancelled }, complete)
      return refusal.map { .answered($0) } ?? .computing(cancellation)
    }
  }
}
