internal import CZlib

/// Decompresses gzip or raw deflate data as they arrive, never more than it was allowed.
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
/// So output lands where the caller wants it, and the caller's own errors pass through untouched. Memory is
/// zlib's 32 KiB window and about 7 KiB of tables. The limit is checked before each piece of output is handed
/// over, so a bomb costs no more than the limit and one byte.
/// - Source: zlib.h; RFC 1951 (deflate), RFC 1952 (gzip; §2.2 allows several members in a row).
package struct Inflater: ~Copyable {
  /// What surrounds the deflate data.
  package enum Format: Sendable, Hashable {
    /// Members with header, CRC-32 and length (RFC 1952). Never guessed from the data: zlib's automatic
    /// detection would let a zlib stream pass for gzip.
    case gzip
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

  /// On the heap and never moved: zlib keeps the address of its stream and refuses any other.
  private let stream: UnsafeMutablePointer<z_stream>
  private var position = Position.start
  private var finishedMembers = 0
  private var failure: InflateError?

  private enum Position {
    /// Before the first byte of all.
    case start
    case insideMember
    /// After the last byte of a member; only gzip may go on.
    case afterMember
  }

  /// - Parameters:
  ///   - maxOutputBytes: bytes that may come out in all members together.
  ///   - maxMembers: gzip members that may follow one another; 1,024 is far above what joined files have.
  package init(format: Format, maxOutputBytes: Int, maxMembers: Int = 1024) {
    self.format = format
    self.maxOutputBytes = max(maxOutputBytes, 0)
    self.maxMembers = maxMembers
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15: the 32 KiB window that any stream may use. 16 more: gzip only. Negative: no header at all.
    let status = upconv_inflateInit2(stream, format == .gzip ? 15 + 16 : -15)
    // Fails for want of memory, where Swift's own allocation ends the process too; no input leads here.
    precondition(status == Z_OK, "zlib does not start: status \(status)")
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
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
    case .insideMember: throw .truncated
    case .afterMember: return
    }
  }

  private mutating func advance(
    _ input: inout UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(InflateError) -> Int {
    var written = 0
    while written < output.count {
      try enterMember(input)
      guard position == .insideMember else { break }
      // One byte more than allowed, so that exactly the limit passes and the first byte above it is seen.
      let allowed = maxOutputBytes - outputByteCount
      let room = min(output.count - written, allowed == .max ? allowed : allowed + 1)
      let (taken, made, error) = step(
        input, UnsafeMutableRawBufferPointer(rebasing: output[written..<written + room]))
      // Before any error that came after so much output: which of the two is told must not depend on where
      // the caller cut input and output.
      guard made <= allowed else { throw .tooLarge(maxBytes: maxOutputBytes) }
      if let error { throw error }
      input = UnsafeRawBufferPointer(rebasing: input.dropFirst(taken))
      written += made
      outputByteCount += made
      // zlib has said all it can: what is missing is input. (After a member's end the loop looks for the
      // next.)
      if taken == 0, made == 0, position == .insideMember { break }
    }
    return written
  }

  /// Begins the first or the next member where there is a byte for it.
  private mutating func enterMember(_ input: UnsafeRawBufferPointer) throws(InflateError) {
    guard position != .insideMember, let first = input.first else { return }
    if position == .afterMember {
      // RFC 1952 §2.2: members simply follow one another. Anything else after a member is not looked over:
      // what one reader ignores, another may take for content.
      guard format == .gzip, first == 0x1F else { throw .trailingBytes }
      guard finishedMembers < maxMembers else { throw .tooManyMembers(maxMembers: maxMembers) }
      // zlib.h: inflate() stops at a member's end; the caller resets it for the next.
      inflateReset(stream)
    }
    position = .insideMember
  }

  /// One call of zlib. Pieces above 4 GiB are offered in parts, since zlib counts them in 32 bits.
  private mutating func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) -> (taken: Int, made: Int, error: InflateError?) {
    let offered = UInt32(clamping: input.count)
    let room = UInt32(clamping: output.count)
    // zlib only reads next_in; its type lacks a const unless ZLIB_CONST is defined.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = offered
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = room
    let status = CZlib.inflate(stream, Z_NO_FLUSH)
    var failure: InflateError?
    switch status {
    case Z_OK, Z_BUF_ERROR:  // Z_BUF_ERROR: no progress without more input or room; not an error.
      break
    case Z_STREAM_END:
      finishedMembers += 1
      position = .afterMember
    default:
      failure = error(status)
    }
    return (Int(offered - stream.pointee.avail_in), Int(room - stream.pointee.avail_out), failure)
  }

  private func error(_ status: Int32) -> InflateError {
    // Z_NEED_DICT is left to the last line: only zlib's own format, never offered here, can ask for a
    // dictionary.
    let detail = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
    switch detail {
    case "incorrect header check":
      // The two magic bytes are wrong. After a whole member this is no member at all.
      return finishedMembers > 0 ? .trailingBytes : .notGzip
    case "incorrect data check", "incorrect length check", "header crc mismatch":
      return .wrongCheckValue(detail: detail)
    default:
      return .corrupt(detail: detail)
    }
  }
}
