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

  mutating func withNextBytes(_ body: (UnsafeRawBufferPointer) -> Int) { content.withNextBytes(body) }
}

extension Response {
  /// The same answer, which keeps the lease as long as it keeps memory. What is copied to the socket's buffer at once
  /// needs none.
  func holding(_ lease: MemoryLease) -> Response {
    var response = self
    switch content {
    case .source(let source): response.content = .source(LeasedContent(source, lease))
    case .bytes(let bytes) where bytes.count > Response.maxBytesWithoutLease:
      response.content = .source(LeasedContent(BytesContent(bytes), lease))
    case .bytes, .none: break
    }
    return response
  }

  private static let maxBytesWithoutLease = 4 << 10
}

extension Shape {
  /// Bytes of a tensor of this shape.
  var float32Bytes: Int { elementCount * MemoryLayout<Float>.stride }
}
