/// Makes one gzip member (RFC 1952).
protocol GzipEncoder: AnyObject {
  /// Whether the trailer has been written in full.
  var isEnded: Bool { get }

  /// Takes input from the front of `input` and fills `output`, which has room for a byte, from its start.
  ///
  /// - Parameters:
  ///   - input: at most 1 GiB.
  ///   - boundary: what follows the last byte of `input`.
  /// - Returns: bytes written.
  func encode(
    from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, boundary: GzipBoundary
  ) -> Int
}

/// What follows a piece of content.
enum GzipBoundary {
  /// More content.
  case none
  /// More content, but a reader can have all so far: an empty stored block (RFC 1951 §3.2.4) ends on a byte.
  case flush
  /// Nothing: the member ends.
  case end
}
