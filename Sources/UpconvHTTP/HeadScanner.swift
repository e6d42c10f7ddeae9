/// Looks for the end of a head without looking at any octet twice, and refuses on the way what can be refused
/// without understanding it: line ends other than CRLF, what exceeds a limit, and what does not begin like a
/// request.
struct HeadScanner {
  /// No method that anyone has registered is longer (the longest is `UPDATEREDIRECTREF`).
  static let maxMethodBytes = 32

  /// Octets of this head that were looked at.
  private(set) var scannedBytes = 0
  private var lineStart = 0
  /// Lines of this head that have ended.
  private(set) var lineCount = 0
  private var isInMethod = true
  /// Whether the method is HEAD; false until the word has ended.
  private(set) var isHEAD = false

  /// The length of the head that `bytes` begin with, its last CRLF included, or `nil` when it does not end
  /// there.
  ///
  /// `bytes` begin where they began the last time and are no shorter.
  ///
  /// - Throws: `.bareLineFeed`, `.bareCarriageReturn`, `.malformedRequestLine`, `.unknownMethod`,
  ///   `.targetTooLong`, `.tooManyFields`, `.headTooLarge`. Which one does not depend on how the bytes were
  ///   cut.
  mutating func scan(_ bytes: UnsafeRawBufferPointer, limits: HTTPLimits) throws(RequestError) -> Int? {
    while scannedBytes < bytes.count {
      passOrdinaryOctets(bytes, limits: limits)
      guard scannedBytes < bytes.count else { break }
      if try endOrdinaryLine(bytes, limits: limits) { continue }
      let byte = bytes[scannedBytes]
      let followsCarriageReturn = scannedBytes > lineStart && bytes[scannedBytes - 1] == ASCII.carriageReturn
      if byte == ASCII.lineFeed {
        // RFC 9112 §2.2 lets a lone LF end a line. Those who do and those who do not see different messages.
        guard followsCarriageReturn else { throw .bareLineFeed }
        let isEmpty = scannedBytes - lineStart == 1
        scannedBytes += 1
        if isEmpty { return scannedBytes }
        lineStart = scannedBytes
        lineCount += 1
        guard lineCount - 1 <= limits.maxFieldCount else {
          throw .tooManyFields(maxCount: limits.maxFieldCount)
        }
      } else {
        // RFC 9112 §2.2: a CR without LF is invalid.
        guard !followsCarriageReturn else { throw .bareCarriageReturn }
        if lineCount == 0 { try checkRequestLine(bytes, byte, limits: limits) }
        scannedBytes += 1
      }
      guard scannedBytes < limits.maxHeadBytes else { throw .headTooLarge(maxBytes: limits.maxHeadBytes) }
    }
    return nil
  }

  /// Passes octets that nothing has to be said of: within a line, after the method, below all limits.
  private mutating func passOrdinaryOctets(_ bytes: UnsafeRawBufferPointer, limits: HTTPLimits) {
    guard !isInMethod, scannedBytes == lineStart || bytes[scannedBytes - 1] != ASCII.carriageReturn else { return }
    // The octet before the limit is the one that meets it.
    let limit = lineCount == 0 ? min(limits.maxHeadBytes, limits.maxRequestLineBytes) : limits.maxHeadBytes
    let end = min(bytes.count, limit - 1)
    guard scannedBytes < end else { return }
    scannedBytes = OctetScan.firstControl(in: bytes, from: scannedBytes, to: end)
  }

  /// Passes a CRLF after which the head goes on, as all but one do; whether there was one.
  private mutating func endOrdinaryLine(
    _ bytes: UnsafeRawBufferPointer, limits: HTTPLimits
  ) throws(RequestError) -> Bool {
    guard scannedBytes > lineStart, !isInMethod, bytes.count - scannedBytes >= 2,
      limits.maxHeadBytes - scannedBytes > 2,
      bytes[scannedBytes] == ASCII.carriageReturn, bytes[scannedBytes + 1] == ASCII.lineFeed,
      bytes[scannedBytes - 1] != ASCII.carriageReturn
    else { return false }
    scannedBytes += 2
    lineStart = scannedBytes
    lineCount += 1
    guard lineCount - 1 <= limits.maxFieldCount else { throw .tooManyFields(maxCount: limits.maxFieldCount) }
    return true
  }

  private mutating func checkRequestLine(
    _ bytes: UnsafeRawBufferPointer, _ byte: UInt8, limits: HTTPLimits
  ) throws(RequestError) {
    if isInMethod {
      if byte == ASCII.space, scannedBytes > 0 {
        isInMethod = false
        isHEAD = bytes[..<scannedBytes].isExactly("HEAD")
      } else {
        guard byte.isTokenByte else { throw .malformedRequestLine }
        // RFC 9112 §3: a method longer than any that is implemented is answered 501.
        guard scannedBytes < Self.maxMethodBytes else {
          throw .unknownMethod(Excerpt.of(bytes[..<Self.maxMethodBytes]))
        }
      }
    }
    // RFC 9112 §3: a target longer than any that is read is answered 414.
    guard scannedBytes < limits.maxRequestLineBytes || byte == ASCII.carriageReturn else {
      throw .targetTooLong(maxBytes: limits.maxRequestLineBytes)
    }
  }
}
