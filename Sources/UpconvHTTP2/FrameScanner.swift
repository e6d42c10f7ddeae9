/// Looks at the header of every frame before the library does: it tells nothing of frames that it ignores, and what
/// it bounds depends on its version.
struct FrameScanner {
  /// Nine octets before each payload (RFC 9113 §4.1).
  struct Header: Equatable {
    let length: Int
    let type: UInt8
    let flags: UInt8
  }

  /// Whether a header section has begun that is not complete (RFC 9113 §4.3).
  private(set) var isInSection = false
  /// The most CONTINUATION frames that any section had so far.
  private(set) var mostContinuationFrames = 0
  private var continuationFrames = 0
  private var headerOctets: UInt64 = 0
  private var headerCount = 0
  /// Octets until the next header: of the preface, or of a payload.
  private var payloadLeft = ConnectionPreface.bytes.count
  private var endsSection = false

  static let data: UInt8 = 0x0
  static let headers: UInt8 = 0x1
  static let continuation: UInt8 = 0x9
  private static let endHeaders: UInt8 = 0x4
  private static let headerLength = 9

  /// Goes on with bytes that follow those before; tells each header that ends in them.
  mutating func scan(_ bytes: UnsafeRawBufferPointer, _ body: (Header) -> Void) {
    var offset = 0
    while offset < bytes.count {
      if payloadLeft > 0 {
        let count = min(payloadLeft, bytes.count - offset)
        payloadLeft -= count
        offset += count
        if payloadLeft == 0 { endPayload() }
        continue
      }
      // Length, type and flags; whose stream it is does not matter here.
      if headerCount < 5 { headerOctets = headerOctets << 8 | UInt64(bytes[offset]) }
      headerCount += 1
      offset += 1
      if headerCount == FrameScanner.headerLength { endHeader(body) }
    }
  }

  private mutating func endHeader(_ body: (Header) -> Void) {
    let header = Header(
      length: Int(headerOctets >> 16 & 0xFF_FFFF), type: UInt8(headerOctets >> 8 & 0xFF),
      flags: UInt8(headerOctets & 0xFF))
    headerOctets = 0
    headerCount = 0
    payloadLeft = header.length
    if header.type == FrameScanner.headers {
      isInSection = true
      continuationFrames = 0
    } else if header.type == FrameScanner.continuation {
      continuationFrames += 1
      mostContinuationFrames = max(mostContinuationFrames, continuationFrames)
    }
    endsSection =
      (header.type == FrameScanner.headers || header.type == FrameScanner.continuation)
      && header.flags & FrameScanner.endHeaders != 0
    body(header)
    if payloadLeft == 0 { endPayload() }
  }

  private mutating func endPayload() {
    if endsSection { isInSection = false }
    endsSection = false
  }
}
