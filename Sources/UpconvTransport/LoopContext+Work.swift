import Synchronization
import UpconvHTTP
import UpconvMemory
import UpconvScheduling
import UpconvSystem

/// What became of a complete request.
enum BegunWork {
  /// The answer is here already.
  case answered(Response)
  /// It will come as a message to the loop.
  case computing(Cancellation)
}

extension LoopContext {
  /// Decides on a head. Large content whose work would find no place in the queue is refused before it is read; else its
  /// work counts from here on.
  /// - Parameter isGuest: whether the connection was accepted beyond the limit.
  func begin(_ head: RequestHead, from peer: NetworkAddress, isGuest: Bool) -> Decision {
    if isGuest, !handler.isHealthProbe(head) { return .respond(refuseGuest(head)) }
    let decision = handler.begin(head, from: peer)
    guard case .receive(let receiver) = decision else { return decision }
    let length: Int?
    switch head.framing {
    case .none: return decision
    case .contentLength(let bytes):
      guard bytes >= AnnouncedContent.leastBytes else { return decision }
      length = bytes
    case .chunked: length = nil
    }
    let (compute, kind, decided) = (compute, LoopContext.kind(head), head.decided)
    let refuse: (QueueRefusal) -> Response = { [handler] refusal in
      handler.refuse(.overloaded(retryAfterSeconds: refusal.retryAfterSeconds), to: decided)
    }
    do throws(QueueRefusal) {
      return .receive(
        try AnnouncedContent(
          receiver, contentBytes: length,
          announce: { bytes throws(QueueRefusal) in
            try compute.announce(ExpectedWork(kind: kind, contentBytes: bytes))
          }, refuse: refuse))
    } catch { return .respond(refuse(error)) }
  }

  private static func kind(_ head: RequestHead) -> String {
    if case .resource(let path) = head.target { path.path } else { "" }
  }

  /// Leases the bytes of an answer whose content nobody leased, if they may have to wait for the peer.
  func lease(for response: Response) throws(MemoryRefusal) -> MemoryLease? {
    guard response.unleasedBytes > Connection.maxCopiedBytes else { return nil }
    return try configuration.memoryOfUncomputedAnswers.lease(response.unleasedBytes)
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
    let expected = head.flatMap { head -> ExpectedWork? in
      guard case .contentLength(let bytes) = head.framing, bytes >= AnnouncedContent.leastBytes else { return nil }
      return ExpectedWork(kind: LoopContext.kind(head), contentBytes: bytes)
    }
    // The answer comes as a message, so that it finds the connection's phase already changed.
    let complete: @Sendable (Response) -> Void = { [compute] response in
      if let expected, let run = response.run { compute.note(expected, ran: run) }
      mailbox.post(.answered(connection: token, stream: stream, response))
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
      let refusal = deferral.begin(cancellation, complete)
      return refusal.map { .answered($0) } ?? .computing(cancellation)
    }
  }
}

extension Response {
  /// Bytes of content that is there whole. Content that is made while it is sent sees to its own lease.
  var unleasedBytes: Int {
    if case .bytes(let bytes) = content, !sharesContent { bytes.capacity } else { 0 }
  }
}
