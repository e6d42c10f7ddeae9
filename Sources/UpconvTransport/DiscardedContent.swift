import UpconvHTTP

/// Takes content that nobody wants, for an answer that is known already.
final class DiscardedContent: ContentReceiver {
  let response: Response
  private var bytesLeft: Int

  /// - Parameter maxBytes: beyond it the answer does not wait for the end.
  init(_ response: Response, maxBytes: Int) {
    self.response = response
    bytesLeft = maxBytes
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Response? {
    bytesLeft -= bytes.count
    return bytesLeft < 0 ? response : nil
  }

  func end() -> Outcome { .respond(response) }
}
