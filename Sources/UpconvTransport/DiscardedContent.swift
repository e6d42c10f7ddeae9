import UpconvHTTP

/// Takes content that nobody wants, for an answer that is known already.
final class DiscardedContent: ContentReceiver {
  let response: Response

  init(_ response: Response) { self.response = response }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Response? { nil }

  func end() -> Outcome { .respond(response) }
}
