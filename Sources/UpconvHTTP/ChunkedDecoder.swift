/// Undoes the chunked transfer coding (RFC 9112 §7.1) octet by octet: no line is ever held, so a chunk-size,
/// an extension or a trailer may be cut anywhere and be of any length that the limits allow.
///
/// Extensions and trailers are checked and dropped. Blanks may stand around ";" and "=" (RFC 9112 §7.1.1), and
/// nowhere else: none before a CRLF.
struct ChunkedDecoder {
  /// What comes next.
  private enum State {
    case sizeStart, size
    case extensionNameStart, extensionName, extensionNameEnd, extensionValueStart, extensionValue
    case extensionQuoted, extensionQuotedPair, extensionQuotedEnd
    /// A blank has ended the size or a value: only ";" may follow.
    case extensionGap
    case sizeLineFeed
    case data
    case dataCarriageReturn, dataLineFeed
    case trailerStart, trailerName, trailerValue, trailerLineFeed
    case finalLineFeed
    case end
  }

  /// What was found.
  enum Event: Equatable {
    /// Nothing more in these bytes.
    case needMoreBytes
    /// Content, by its offsets within these bytes.
    case content(Range<Int>)
    /// The content and its trailers are complete.
    case end
  }

  /// The most hex digits that a `UInt64` holds, leading zeros included (RFC 9112 §7.1: anticipate overflow).
  private static let maxSizeDigits = 16

  private let limits: HTTPLimits
  private var state = State.sizeStart
  private var size: UInt64 = 0
  private var sizeDigits = 0
  private var remainingBytes = 0
  /// Of all chunks so far, the one that is being read included.
  private var contentBytes = 0
  private var overheadBytes = 0
  private var trailerBytes = 0

  /// A decoder before the first chunk-size.
  init(limits: HTTPLimits) { self.limits = limits }

  /// Takes octets of `bytes` until there is something to tell.
  ///
  /// - Throws: the cases of `RequestError` for chunks and trailers, `.contentTooLarge`, `.bareLineFeed`,
  ///   `.bareCarriageReturn`.
  mutating func next(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> (consumed: Int, event: Event) {
    var offset = 0
    while offset < bytes.count {
      if state == .data {
        let count = min(remainingBytes, bytes.count - offset)
        remainingBytes -= count
        if remainingBytes == 0 { state = .dataCarriageReturn }
        return (offset + count, .content(offset..<(offset + count)))
      }
      try take(bytes[offset])
      offset += 1
      if state == .end { return (offset, .end) }
    }
    return (offset, .needMoreBytes)
  }

  /// Takes one octet that is not content.
  private mutating func take(_ byte: UInt8) throws(RequestError) {
    switch state {
    case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .finalLineFeed:
      trailerBytes += 1
      guard trailerBytes <= limits.maxTrailerBytes else {
        throw .trailersTooLarge(maxBytes: limits.maxTrailerBytes)
      }
      try takeTrailer(byte)
    default:
      overheadBytes += 1
      // RFC 9112 §7.1.1: limit the total. Content counts in favour once it is there, so that only framing
      // without content is met.
      guard overheadBytes - (contentBytes - remainingBytes) <= limits.maxChunkOverheadBytes else {
        throw .chunkOverheadTooLarge(maxBytes: limits.maxChunkOverheadBytes)
      }
      try takeFraming(byte)
    }
  }

  private mutating func takeFraming(_ byte: UInt8) throws(RequestError) {
    switch state {
    case .dataCarriageReturn:
      guard byte == ASCII.carriageReturn else { throw .missingChunkTerminator }
      state = .dataLineFeed
    case .dataLineFeed:
      guard byte == ASCII.lineFeed else { throw .missingChunkTerminator }
      size = 0
      sizeDigits = 0
      state = .sizeStart
    case .sizeLineFeed:
      guard byte == ASCII.lineFeed else { throw .bareCarriageReturn }
      state = size == 0 ? .trailerStart : .data
    default:
      // A lone LF ends no chunk line: readers that skip over it in an extension see other chunks than we do.
      guard byte != ASCII.lineFeed else { throw .bareLineFeed }
      if state == .sizeStart || state == .size { try takeSize(byte) } else { try takeExtension(byte) }
    }
  }

  private mutating func takeSize(_ byte: UInt8) throws(RequestError) {
    if let digit = byte.hexValue {
      sizeDigits += 1
      guard sizeDigits <= Self.maxSizeDigits else { throw .invalidChunkSize }
      size = size << 4 | UInt64(digit)
      state = .size
      return
    }
    guard state == .size, byte == ASCII.carriageReturn || byte == ASCII.semicolon || byte.isBlank else {
      throw .invalidChunkSize
    }
    guard let count = Int(exactly: size), count <= limits.maxContentBytes - contentBytes else {
      throw .contentTooLarge(maxBytes: limits.maxContentBytes)
    }
    contentBytes += count
    remainingBytes = count
    state = byte.isBlank ? .extensionGap : byte == ASCII.semicolon ? .extensionNameStart : .sizeLineFeed
  }

  /// `*( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )` (RFC 9112 §7.1.1).
  private mutating func takeExtension(_ byte: UInt8) throws(RequestError) {
    switch (state, byte) {
    case (.extensionQuoted, ASCII.quote): state = .extensionQuotedEnd
    case (.extensionQuoted, ASCII.backslash): state = .extensionQuotedPair
    case (.extensionQuoted, _) where byte.isFieldValueByte: break
    case (.extensionQuotedPair, _) where byte.isFieldValueByte: state = .extensionQuoted
    case (.extensionValueStart, ASCII.quote): state = .extensionQuoted
    case (.extensionNameStart, _) where byte.isTokenByte: state = .extensionName
    case (.extensionValueStart, _) where byte.isTokenByte: state = .extensionValue
    case (.extensionName, _) where byte.isTokenByte: break
    case (.extensionValue, _) where byte.isTokenByte: break
    case (.extensionNameStart, _) where byte.isBlank: break
    case (.extensionValueStart, _) where byte.isBlank: break
    case (.extensionGap, _) where byte.isBlank: break
    case (.extensionName, _) where byte.isBlank: state = .extensionNameEnd
    case (.extensionNameEnd, _) where byte.isBlank: break
    case (.extensionValue, _) where byte.isBlank: state = .extensionGap
    case (.extensionQuotedEnd, _) where byte.isBlank: state = .extensionGap
    case (.extensionName, ASCII.equals), (.extensionNameEnd, ASCII.equals): state = .extensionValueStart
    case (.extensionName, ASCII.semicolon), (.extensionNameEnd, ASCII.semicolon), (.extensionGap, ASCII.semicolon),
      (.extensionValue, ASCII.semicolon), (.extensionQuotedEnd, ASCII.semicolon):
      state = .extensionNameStart
    case (.extensionName, ASCII.carriageReturn), (.extensionValue, ASCII.carriageReturn),
      (.extensionQuotedEnd, ASCII.carriageReturn):
      state = .sizeLineFeed
    default: throw .invalidChunkExtension
    }
  }

  /// Field lines as in a head (RFC 9112 §7.1.2). They are dropped and never merged into the head
  /// (RFC 9110 §6.5.1): whatever they name, nothing here depends on it.
  private mutating func takeTrailer(_ byte: UInt8) throws(RequestError) {
    switch state {
    case .trailerLineFeed, .finalLineFeed:
      guard byte == ASCII.lineFeed else { throw .bareCarriageReturn }
      state = state == .trailerLineFeed ? .trailerStart : .end
      return
    case _ where byte == ASCII.lineFeed:
      throw .bareLineFeed
    case .trailerStart where byte == ASCII.carriageReturn: state = .finalLineFeed
    case .trailerStart where byte.isTokenByte: state = .trailerName
    case .trailerName where byte == ASCII.colon: state = .trailerValue
    case .trailerName where byte.isTokenByte: break
    case .trailerValue where byte == ASCII.carriageReturn: state = .trailerLineFeed
    case .trailerValue where byte.isFieldValueByte: break
    default: throw .malformedTrailer
    }
  }
}
