internal import CZlib

/// Compresses to gzip as the content arrives: one member, without name or time, so equal content gives equal
/// bytes.
///
/// Memory is about 268 KiB of zlib's (window and hash chains), freed with the value.
/// - Source: zlib.h; RFC 1952.
package struct Deflater: ~Copyable {
  /// How hard zlib tries: 1 is fastest, 9 smallest.
  ///
  /// 1 is what a tensor answer wants. Measured on 16 MiB of float32 with zlib 1.3: values close to noise
  /// shrink to 93 % at any level; sparse, coarse ones (half zeros, steps of 1/64) to 27 % at level 1 with 97
  /// MB/s, to 22 % at level 6 with 13 MB/s. A sixth less on the wire is not worth seven times the processor
  /// time to a service whose processor is its bottleneck.
  package static let defaultLevel: Int32 = 1

  /// On the heap and never moved: zlib keeps the address of its stream and refuses any other.
  private let stream: UnsafeMutablePointer<z_stream>
  /// Whether the trailer has been written in full.
  package private(set) var isFinished = false

  /// - Parameter level: 1 to 9, or 0 to store without compression; values outside are taken for the nearest.
  package init(level: Int32 = Deflater.defaultLevel) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 + 16: the 32 KiB window, in a gzip member. 8: zlib's default for its hash tables.
    let status = upconv_deflateInit2(stream, min(max(level, 0), 9), 15 + 16, 8)
    // Fails for want of memory, where Swift's own allocation ends the process too; no input leads here.
    precondition(status == Z_OK, "zlib does not start: status \(status)")
  }

  deinit {
    deflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Takes input from the front of `input` and fills `output` from its start.
  ///
  /// - Parameters:
  ///   - output: room for at least one byte.
  ///   - isLast: whether no further input follows `input`; once true it stays so.
  /// - Returns: bytes written. Less than there was room for means that all input is taken and, with `isLast`,
  ///   that the member is complete; otherwise the caller calls again with what is left of `input`.
  package mutating func deflate(
    from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, isLast: Bool
  ) -> Int {
    deflate(from: &input, into: output, flush: isLast ? Z_FINISH : Z_NO_FLUSH)
  }

  private mutating func deflate(
    from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, flush: Int32
  ) -> Int {
    var written = 0
    while written < output.count, !isFinished {
      // Pieces above 4 GiB are offered in parts, since zlib counts them in 32 bits.
      let offered = UInt32(clamping: input.count)
      let room = UInt32(clamping: output.count - written)
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = offered
      stream.pointee.next_out = UnsafeMutableRawBufferPointer(rebasing: output[written...]).baseAddress?
        .assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = room
      let isAllOffered = Int(offered) == input.count
      let status = CZlib.deflate(stream, isAllOffered ? flush : Z_NO_FLUSH)
      isFinished = status == Z_STREAM_END
      let (taken, made) = (Int(offered - stream.pointee.avail_in), Int(room - stream.pointee.avail_out))
      input = UnsafeRawBufferPointer(rebasing: input.dropFirst(taken))
      written += made
      if taken == 0, made == 0 { break }
    }
    return written
  }

  /// Compresses `bytes`, appending what comes out so far; it may be nothing, since zlib gathers input first.
  package mutating func write(_ bytes: UnsafeRawBufferPointer, appendingTo output: inout [UInt8]) {
    pump(bytes, &output, flush: Z_NO_FLUSH)
  }

  /// Appends all that went in so far and has not come out, at the price of a few bytes.
  package mutating func flush(appendingTo output: inout [UInt8]) {
    pump(UnsafeRawBufferPointer(start: nil, count: 0), &output, flush: Z_SYNC_FLUSH)
  }

  /// Ends the member, appending the rest of it.
  package mutating func finish(appendingTo output: inout [UInt8]) {
    pump(UnsafeRawBufferPointer(start: nil, count: 0), &output, flush: Z_FINISH)
  }

  private mutating func pump(_ bytes: UnsafeRawBufferPointer, _ output: inout [UInt8], flush: Int32) {
    withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 1) { window in
      var rest = bytes
      var count = window.count
      while count == window.count {
        count = deflate(from: &rest, into: window, flush: flush)
        output.append(contentsOf: window.prefix(count))
      }
    }
  }

  /// The whole of `bytes` as one gzip member.
  package static func gzip(_ bytes: [UInt8], level: Int32 = Deflater.defaultLevel) -> [UInt8] {
    var deflater = Deflater(level: level)
    var output: [UInt8] = []
    bytes.withUnsafeBytes { deflater.write($0, appendingTo: &output) }
    deflater.finish(appendingTo: &output)
    return output
  }
}
