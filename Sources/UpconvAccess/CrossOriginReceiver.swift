import UpconvHTTP

/// Hands content on to another receiver, and changes each of its answers, also those that come later.
final class CrossOriginReceiver: ContentReceiver {
  private let receiver: any ContentReceiver
  private let change: @Sendable (Response) -> Response

  init(_ receiver: any ContentReceiver, change: @escaping @Sendable (Response) -> Response) {
    self.receiver = receiver
    self.change = change
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Response? { receiver.receive(bytes).map(change) }

  func receivePart(of bytes: UnsafeRawBufferPointer) -> (taken: Int, answer: Response?) {
    let part = receiver.receivePart(of: bytes)
    return (part.taken, part.answer.map(change))
  }

  func fill(atMost byteCount: Int, by write: (UnsafeMutableRawBufferPointer) -> Int) -> Int? {
    receiver.fill(atMost: byteCount, by: write)
  }

  func end() -> Outcome {
    let change = change
    return switch receiver.end() {
    case .respond(let response): .respond(change(response))
    case .compute(let job): .compute(Job { cancellation in change(job.run(cancellation)) })
    case .later(let deferral):
      .later(
        Deferral { cancellation, complete in deferral.begin(cancellation) { complete(change($0)) }.map(change) })
    }
  }
}
