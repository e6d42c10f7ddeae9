import UpconvHTTP

/// An answer's content on its way into DATA frames: it is asked for as fast as windows and the socket take it.
final class OutgoingContent {
  private var content: Response.Content
  private var offset = 0
  /// Bytes in all, where that is known.
  private let length: Int?
  /// What was encoded while it was sent.
  private(set) var encoding = StageTimes()

  init(_ content: Response.Content) {
    self.content = content
    switch content {
    case .none: length = 0
    case .bytes(let bytes): length = bytes.count
    case .source(let source): length = source.length
    }
  }

  /// What the next frame may hold.
  struct Next {
    let count: Int
    let isLast: Bool
  }

  /// How much of the content can go into a frame of `maxBytes`; nil if it ends before its length. Makes content
  /// where it is made while it is sent.
  func next(maxBytes: Int) -> Next? {
    switch content {
    case .none:
      return Next(count: 0, isLast: true)
    case .bytes(let bytes):
      let count = min(maxBytes, bytes.count - offset)
      return Next(count: count, isLast: offset + count == bytes.count)
    case .source(var source):
      // The source is moved out and back, so that it is not copied when it changes.
      content = .none
      var lent = 0
      encoding.enter(.encode)
      source.withNextBytes { next in
        encoding.leave()
        lent = next.count
        return 0
      }
      content = .source(source)
      guard let length else { return Next(count: min(maxBytes, lent), isLast: lent == 0) }
      let count = min(maxBytes, lent, length - offset)
      return lent == 0 && offset < length ? nil : Next(count: count, isLast: offset + count == length)
    }
  }

  /// Copies as many bytes to `target` as it holds; they were announced by `next`.
  func copy(to target: UnsafeMutableRawBufferPointer) {
    defer { offset += target.count }
    switch content {
    case .none:
      break
    case .bytes(let bytes):
      bytes.withUnsafeBytes { bytes in
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset...].prefix(target.count)))
      }
    case .source(var source):
      content = .none
      source.withNextBytes { next in
        let count = min(target.count, next.count)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: next.prefix(count)))
        return count
      }
      content = .source(source)
    }
  }
}
