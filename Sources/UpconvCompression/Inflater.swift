/// Decompresses gzip, zlib or raw deflate data as they arrive, never more than it was allowed.
///
/// A pull machine: the caller offers input and room, and calls again until the answer is 0.
///
/// ```swift
/// var rest = bytes
/// while true {
///   let count = try inflater.inflate(from: &rest, into: window)
///   if count == 0 { break }  // all of `rest` is taken; more input, or finish()
///   try consume(UnsafeRawBufferPointer(rebasing: window.prefix(count)))
/// }
/// ```
///
/// So output lands where the caller wants it, and the caller's own errors pass through untouched. The limit is
/// checked before each piece of output is handed over, so a bomb costs no more than the limit and one byte.
///
/// Which error is told does not depend on where the caller cuts input and output. Nor does it depend on the codec, but
/// for faults in a block's header: zlib refuses a Huffman code with unused codes, ISA-L an unused code where it occurs;
/// and where the data end inside a faulty header, only one of them may see the fault. (ISA-L keeps up to two bytes
/// back where data are cut off: if these were the first above the limit, `.truncated` is told.)
/// - Source: RFC 1951 (deflate), RFC 1952 (gzip; §2.2 allows several members in a row).
package struct Inflater: ~Copyable {
  /// What surrounds the deflate data.
  package enum Format: Sendable, Hashable {
    /// Members with header, CRC-32 and length (RFC 1952). Never guessed from the data.
    case gzip
    /// Header and Adler-32 (RFC 1950): what HTTP calls deflate.
    case zlib
    /// Nothing (RFC 1951): what a ZIP entry holds.
    case rawDeflate
  }

  /// Room to offer for output where it cannot go to its final place: 64 KiB, small enough to stay in cache.
  package static let windowBytes = 64 * 1024

  /// What surrounds the data.
  package let format: Format
  /// Bytes that may come out in all.
  package let maxOutputBytes: Int
  /// gzip members that may follow one another. Empty ones count, since each costs a reset of the machine.
  package let maxMembers: Int
  /// Bytes that came out so far.
  package private(set) var outputByteCount = 0

  private let decoder: any DeflateDecoder
  private var position = Position.start
  private var finishedMembers = 0
  /// Of the member's content so far.
  private var crc = CRC32()
  /// Of the content so far, where the frame is zlib's.
  private var adler = Adler32()
  /// Of the member's content so far, modulo 2^32.
  private var memberLength: UInt32 = 0
  private var failure: InflateError?

  private enum Position {
    /// Before the first byte of all.
    case start
    case header(GzipHeaderReader)
    case zlibHeader(ZlibHeaderReader)
    case data
    case trailer(GzipTrailer)
    case zlibTrailer(ZlibTrailer)
    /// After the last byte of a member; only gzip may go on.
    case afterMember
  }

  /// - Parameters:
  ///   - maxOutputBytes: bytes that may come out in all members together.
  ///   - maxMembers: gzip members that may follow one another; 1,024 is far above what joined files have.
  package init(format: Format, maxOutputBytes: Int, maxMembers: Int = 1024, codec: GzipCodec = .best) {
    self.format = format
    self.maxOutputBytes = max(maxOutputBytes, 0)
    self.maxMembers = maxMembers
    decoder = codec.decoder()
  }

  /// Takes input from the front of `input` and fills `output` from its start.
  ///
  /// - Parameter output: room for at least one byte.
  /// - Returns: bytes written. 0 means that all input is taken and no output waits; anything else means that
  ///   the caller calls again, with what is left of `input`.
  /// - Throws: any `InflateError` but `.truncated` and `.empty`. After an error the same error comes again.
  package mutating func inflate(
    from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(InflateError) -> Int {
    if let failure { throw failure }
    do throws(InflateError) {
      return try advance(&input, output)
    } catch {
      failure = error
      throw error
    }
  }

  /// Ends the input.
  /// - Throws: `.empty` where there was none, `.truncated` inside a member, or the error that came before.
  package func finish() throws(InflateError) {
    if let failure { throw failure }
    switch position {
    case .start: throw .empty
    case .header, .zlibHeader, .data, .trailer, .zlibTrailer: throw .truncated
    case .afterMember: return
    }
  }

  private mutating func advance(
    _ input: inout UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(InflateError) -> Int {
    var written = 0
    while written < output.count {
      switch position {
      case .start, .afterMember:
        guard try enterMember(input) else { return written }
      case .header(var header):
        let isComplete = try read(&header, &input)
        position = isComplete ? .data : .header(header)
        guard isComplete else { return written }
      case .zlibHeader(var header):
        let isComplete = try header.read(&input)
        position = isComplete ? .data : .zlibHeader(header)
        guard isComplete else { return written }
      case .data:
        let room = UnsafeMutableRawBufferPointer(rebasing: output[written...])
        guard let made = try decode(&input, into: room) else { return written }
        written += made
      case .trailer(var trailer):
        let isComplete = try trailer.read(&input, crc: crc, length: memberLength)
        position = isComplete ? .afterMember : .trailer(trailer)
        guard isComplete else { return written }
        finishedMembers += 1
      case .zlibTrailer(var trailer):
        let isComplete = try trailer.read(&input, adler: adler)
        position = isComplete ? .afterMember : .zlibTrailer(trailer)
        guard isComplete else { return written }
      }
    }
    return written
  }

  /// Begins the first or the next member where there is a byte for it; whether it did.
  private mutating func enterMember(_ input: UnsafeRawBufferPointer) throws(InflateError) -> Bool {
    guard let first = input.first else { return false }
    if case .afterMember = position {
      // RFC 1952 §2.2: members simply follow one another. Anything else after a member is not looked over:
      // what one reader ignores, another may take for content.
      guard format == .gzip, first == 0x1F else { throw .trailingBytes }
      guard finishedMembers < maxMembers else { throw .tooManyMembers(maxMembers: maxMembers) }
      decoder.restart()
      crc = CRC32()
      memberLength = 0
    }
    position =
      switch format {
      case .gzip: .header(GzipHeaderReader())
      case .zlib: .zlibHeader(ZlibHeaderReader())
      case .rawDeflate: .data
      }
    return true
  }

  private func read(
    _ header: inout GzipHeaderReader, _ input: inout UnsafeRawBufferPointer
  ) throws(InflateError) -> Bool {
    do { return try header.read(&input) } catch .notGzip where finishedMembers > 0 {
      // After a whole member this is no member at all.
      throw .trailingBytes
    } catch { throw error }
  }

  /// One call of the codec.
  /// - Returns: bytes made; nil if it cannot go on without more input.
  private mutating func decode(
    _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(InflateError) -> Int? {
    // One byte more than allowed, so that exactly the limit passes and the first byte above it is seen. Both
    // libraries count in 32 bits.
    let allowed = maxOutputBytes - outputByteCount
    let room = UnsafeMutableRawBufferPointer(rebasing: output.prefix(min(allowed, 1 << 30) + 1))
    let offered = UnsafeRawBufferPointer(rebasing: input.prefix(1 << 30))
    var rest = offered
    let (made, state) = decoder.decode(from: &rest, into: room)
    // Before any error that came after so much output: which of the two is told must not depend on where
    // the caller cut input and output.
    guard made <= allowed else { throw .tooLarge(maxBytes: maxOutputBytes) }
    let taken = offered.count - rest.count
    input = UnsafeRawBufferPointer(rebasing: input.dropFirst(taken))
    outputByteCount += made
    let content = UnsafeRawBufferPointer(rebasing: output.prefix(made))
    switch format {
    case .gzip:
      crc.update(content)
      memberLength &+= UInt32(truncatingIfNeeded: made)
    case .zlib: adler.update(content)
    case .rawDeflate: break
    }
    switch state {
    case .unfinished: return taken == 0 && made == 0 ? nil : made
    case .invalid: throw .corrupt(detail: "invalid deflate data")
    case .ended(let lookahead):
      switch format {
      case .gzip: position = .trailer(GzipTrailer(lookahead))
      case .zlib: position = .zlibTrailer(ZlibTrailer(lookahead))
      case .rawDeflate:
        guard lookahead.count == 0 else { throw .trailingBytes }
        position = .afterMember
      }
      return made
    }
  }
}
