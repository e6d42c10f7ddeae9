/// Reads the requests of one connection from its bytes, without any input of its own (RFC 9112).
///
/// The caller shows the bytes it has, drops as many as were consumed, and calls again, with more bytes after
/// `.needMoreBytes`. A head is read only when it stands there whole and contiguous; until then its bytes are
/// shown again, but looked at once. Content is never held: it is told by its place in what was shown.
package struct RequestParser: Sendable {
  /// What one call found.
  package struct Step: Sendable, Equatable {
    /// How many of the bytes shown are done with.
    package var consumed: Int
    package var event: Event

    package init(consumed: Int, event: Event) {
      self.consumed = consumed
      self.event = event
    }
  }

  package enum Event: Sendable, Equatable {
    /// There is nothing more to tell without bytes beyond those shown.
    case needMoreBytes
    /// A request begins.
    case head(RequestHead)
    /// A piece of its content, never empty, by its offsets within the bytes shown.
    case content(Range<Int>)
    /// The request is complete; the next one may follow.
    case end
  }

  private enum State {
    case head
    case content(remainingBytes: Int)
    case chunks(ChunkedDecoder)
    case end
    case failed(RequestError)
  }

  /// RFC 9112 §2.2: some clients send a CRLF after the content that belongs to nothing. Skipped, but not
  /// without end.
  private static let maxEmptyLines = 2

  private let limits: HTTPLimits
  private var state = State.head
  private var scanner = HeadScanner()
  private var emptyLines = 0

  /// A parser at the start of a connection.
  package init(limits: HTTPLimits) { self.limits = limits }

  /// Whether no byte of a next request was seen: a connection may end here without loss.
  package var isBetweenRequests: Bool {
    guard case .head = state else { return false }
    return scanner.scannedBytes == 0
  }

  /// Whether the method of the head that is being read, or was refused, is HEAD. Its answer has no content then
  /// (RFC 9110 §9.3.2).
  package var isReadingHEAD: Bool { scanner.isHEAD }

  /// Reads on in `bytes`, which begin where the last call stopped consuming.
  ///
  /// - Throws: why the bytes are no request. The connection is lost then: each further call throws the same.
  package mutating func next(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> Step {
    do throws(RequestError) {
      return try step(bytes)
    } catch {
      state = .failed(error)
      throw error
    }
  }

  private mutating func step(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> Step {
    switch state {
    case .head:
      return try readHead(bytes)
    case .content(let remainingBytes):
      guard !bytes.isEmpty else { return Step(consumed: 0, event: .needMoreBytes) }
      let count = min(remainingBytes, bytes.count)
      state = count == remainingBytes ? .end : .content(remainingBytes: remainingBytes - count)
      return Step(consumed: count, event: .content(0..<count))
    case .chunks(var decoder):
      let (consumed, event) = try decoder.next(bytes)
      state = .chunks(decoder)
      switch event {
      case .needMoreBytes: return Step(consumed: consumed, event: .needMoreBytes)
      case .content(let range): return Step(consumed: consumed, event: .content(range))
      case .end: return endRequest(consumed: consumed)
      }
    case .end:
      return endRequest(consumed: 0)
    case .failed(let error):
      throw error
    }
  }

  /// Content of known length that is still to come; 0 where there is none, or where it comes in chunks.
  package var remainingContentBytes: Int {
    if case .content(let remainingBytes) = state { remainingBytes } else { 0 }
  }

  /// Passes content that was read without being shown, at most `remainingContentBytes`.
  package mutating func passContent(_ count: Int) {
    guard case .content(let remainingBytes) = state, count > 0 else { return }
    state = count >= remainingBytes ? .end : .content(remainingBytes: remainingBytes - count)
  }

  private mutating func endRequest(consumed: Int) -> Step {
    state = .head
    scanner = HeadScanner()
    emptyLines = 0
    return Step(consumed: consumed, event: .end)
  }

  private mutating func readHead(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> Step {
    let start = try skipEmptyLines(bytes)
    let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
    // A CR alone: whether its LF follows is not known.
    if scanner.scannedBytes == 0, rest.first == ASCII.carriageReturn {
      return Step(consumed: start, event: .needMoreBytes)
    }
    guard let length = try scanner.scan(rest, limits: limits) else {
      return Step(consumed: start, event: .needMoreBytes)
    }
    let head = try HeadParser.parse(
      UnsafeRawBufferPointer(rebasing: rest[..<length]), lineCount: scanner.lineCount, limits: limits)
    switch head.framing {
    case .none, .contentLength(0): state = .end
    case .contentLength(let count): state = .content(remainingBytes: count)
    case .chunked: state = .chunks(ChunkedDecoder(limits: limits))
    }
    return Step(consumed: start + length, event: .head(head))
  }

  /// How many of `bytes`, at their start, are empty lines before a request-line.
  private mutating func skipEmptyLines(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> Int {
    var start = 0
    guard scanner.scannedBytes == 0 else { return start }
    while start < bytes.count {
      if bytes[start] == ASCII.lineFeed { throw .bareLineFeed }
      guard bytes[start] == ASCII.carriageReturn, start + 1 < bytes.count else { break }
      guard bytes[start + 1] == ASCII.lineFeed else { throw .bareCarriageReturn }
      emptyLines += 1
      guard emptyLines <= Self.maxEmptyLines else { throw .malformedRequestLine }
      start += 2
    }
    return start
  }
}
