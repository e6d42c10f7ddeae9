import UpconvHTTP
import UpconvMemory
import UpconvTensor

/// An answer's content together with the right to its memory: both go when the last byte is with the socket, or the
/// connection is gone.
struct LeasedContent: ContentSource {
  private var content: any ContentSource
  private let lease: MemoryLease

  init(_ content: any ContentSource, _ lease: MemoryLease) {
    self.content = content
    self.lease = lease
  }

  var length: Int? { content.length }

  var heldBytes: Int { content.heldBytes }

  mutating func withNextBytes(_ body: (UnsafeRawBufferPointer) -> Int) { content.withNextBytes(body) }
}

extension Response {
  /// Returns the same answer, which keeps the lease until it has gone; the lease fits what the answer takes while it
  /// waits for its peer. A small answer keeps none: its connection sees to those.
  /// - Throws: `.memory`.
  func holding(_ lease: MemoryLease) throws(ServiceError) -> Response {
    let source: any ContentSource
    switch content {
    case .source(let content): source = content
    case .bytes(let bytes) where bytes.count > Response.maxBytesWithoutLease: source = BytesContent(bytes)
    case .bytes, .none: return self
    }
    do { try lease.fit(source.heldBytes) } catch { throw .memory(error) }
    var response = self
    response.content = .source(LeasedContent(source, lease))
    return response
  }

  private static let maxBytesWithoutLease = 4 << 10
}

extension Shape {
  /// Bytes of a tensor of this shape.
  var float32Bytes: Int { elementCount * MemoryLayout<Float>.stride }
}
