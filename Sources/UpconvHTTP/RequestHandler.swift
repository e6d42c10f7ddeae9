package import UpconvSystem

/// What a server asks of a service: an answer for each request, decided as early as it can be.
///
/// The head comes first; what is decided there costs no content. Then the content comes in pieces, on the
/// connection's event loop. What takes long is handed back as a job, to be run elsewhere.
package protocol RequestHandler: Sendable {
  /// Decides on the head alone, before a byte of the content is read.
  /// - Parameter peer: the other end of the connection: the client, or a proxy.
  func begin(_ head: RequestHead, from peer: NetworkAddress) -> Decision

  /// Whether a request only asks if the server is well. Such a request is served even if all places for connections are
  /// taken.
  func isHealthProbe(_ head: RequestHead) -> Bool

  /// The answer to a request that is refused before any handler saw it: it could not be read, came too slowly,
  /// or found no room.
  /// - Parameter head: nil if it could not be read.
  func refuse(_ refusal: Refusal, to head: RequestHead?) -> Response

  /// Told of each request after the last byte of its answer; called on the connection's event loop.
  func ended(_ exchange: EndedExchange)
}

extension RequestHandler {
  package func isHealthProbe(_ head: RequestHead) -> Bool { false }

  package func ended(_ exchange: EndedExchange) {}
}

/// What a head leads to.
package enum Decision {
  /// Answer now. Content that follows is not wanted.
  case respond(Response)
  /// Read the content into this.
  case receive(any ContentReceiver)
}

/// Takes a request's content as it arrives. Used by one event loop only.
package protocol ContentReceiver: AnyObject {
  /// Takes all of `bytes`. An answer ends the request: the rest of the content is not wanted.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Response?

  /// Takes bytes from the front of `bytes`, at least one of them, and no more than about a millisecond's work: for a
  /// loop that looks at its clock in between. Bytes are no measure of work, 2 KiB of gzip may stand for 2 MiB.
  /// Returns how many were taken, and what `receive` would.
  func receivePart(of bytes: UnsafeRawBufferPointer) -> (taken: Int, answer: Response?)

  /// Lends the memory where the next bytes of the content belong, at most `byteCount` of them, so that they can be read
  /// into it without a copy; `write` answers how many it has written. Nil, and `write` is not called, where the bytes
  /// have to be looked at first.
  func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int?

  /// The content is complete.
  func end() -> Outcome
}

extension ContentReceiver {
  package func receivePart(of bytes: UnsafeRawBufferPointer) -> (taken: Int, answer: Response?) {
    let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(16 << 10))
    return (part.count, receive(part))
  }

  package func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? { nil }
}

/// What a complete request leads to.
package enum Outcome {
  case respond(Response)
  /// Work too long for an event loop; runs on the compute queue.
  case compute(Job)
  /// Work that somebody else does in their own time.
  case later(Deferral)
}

/// Work to be done away from the event loops. It looks at its cancellation often, and stops once it is cancelled.
package struct Job: Sendable {
  package let run: @Sendable (_ cancellation: Cancellation) -> Response

  package init(run: @escaping @Sendable (_ cancellation: Cancellation) -> Response) { self.run = run }
}

/// An answer that comes later, from whoever the work is handed to.
package struct Deferral: Sendable {
  /// Hands the work over, and answers at once where it finds no room. Else `complete` is called once, on any thread;
  /// it need not be called once the cancellation is cancelled.
  package let begin:
    @Sendable (_ cancellation: Cancellation, _ complete: @escaping @Sendable (Response) -> Void) -> Response?

  package init(
    begin:
      @escaping @Sendable (
        _ cancellation: Cancellation, _ complete: @escaping @Sendable (Response) -> Void
      ) -> Response?
  ) { self.begin = begin }
}

/// Why a request is refused before a handler sees it.
package enum Refusal: Error, Equatable {
  /// It is not a request that RFC 9112 and the limits allow.
  case malformed(RequestError)
  /// It did not come whole in time.
  case tooSlow(seconds: Int)
  /// Its content came at less than the minimum rate.
  case contentTooSlow(minBytesPerSecond: Int)
  /// It was not answered in time.
  case timedOut(seconds: Int)
  /// Too many connections, or too much work is waiting.
  case overloaded(retryAfterSeconds: Int)
}
