internal import CZlib

/// zlib's inflate. Memory: a 32 KiB window and about 7 KiB of tables.
/// - Source: zlib.h.
final class ZlibDecoder: DeflateDecoder {
  /// On the heap and never moved: zlib keeps the address of its stream and refuses any other.
  private let stream: UnsafeMutablePointer<z_stream>

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15: the 32 KiB window that any data may use. Negative: deflate data without a frame.
    let status = upconv_inflateInit2(stream, -15)
    // Fails for want of memory, where Swift's own allocation ends the process too; no input leads here.
    precondition(status == Z_OK, "zlib does not start: status \(status)")
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  func restart() { inflateReset(stream) }

  func decode(
    from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (made: Int, state: DeflateState) {
    stream.offer(input, room: output)
    let status = inflate(stream, Z_NO_FLUSH)
    let made = stream.settle(&input, room: output)
    switch status {
    case Z_OK, Z_BUF_ERROR:  // Z_BUF_ERROR: no progress without more input or room; not an error.
      return (made, .unfinished)
    case Z_STREAM_END: return (made, .ended(Lookahead()))
    default: return (made, .invalid)
    }
  }
}

/// zlib's deflate. Memory: about 268 KiB, the window and hash chains.
/// - Source: zlib.h.
final class ZlibEncoder: GzipEncoder {
  static var library: String { "zlib \(String(cString: zlibVersion()))" }

  /// On the heap and never moved: zlib keeps the address of its stream and refuses any other.
  private let stream: UnsafeMutablePointer<z_stream>
  private(set) var isEnded = false

  /// - Parameter level: 1 to 9.
  init(level: Int32) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 + 16: the 32 KiB window, in a gzip member. 8: zlib's default for its hash tables.
    let status = upconv_deflateInit2(stream, level, 15 + 16, 8)
    // As in `ZlibDecoder.init`.
    precondition(status == Z_OK, "zlib does not start: status \(status)")
  }

  deinit {
    deflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  func encode(
    from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, boundary: GzipBoundary
  ) -> Int {
    stream.offer(input, room: output)
    let flush =
      switch boundary {
      case .none: Z_NO_FLUSH
      case .flush: Z_SYNC_FLUSH
      case .end: Z_FINISH
      }
    isEnded = deflate(stream, flush) == Z_STREAM_END
    return stream.settle(&input, room: output)
  }
}

extension UnsafeMutablePointer<z_stream> {
  fileprivate func offer(_ input: UnsafeRawBufferPointer, room: UnsafeMutableRawBufferPointer) {
    // zlib only reads next_in; its type lacks a const unless ZLIB_CONST is defined.
    pointee.next_in = UnsafeMutablePointer<UInt8>(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    pointee.avail_in = UInt32(clamping: input.count)
    pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
    pointee.avail_out = UInt32(clamping: room.count)
  }

  /// Drops what was taken from `input`; the bytes made.
  fileprivate func settle(_ input: inout UnsafeRawBufferPointer, room: UnsafeMutableRawBufferPointer) -> Int {
    let offered = UInt32(clamping: input.count)
    input = UnsafeRawBufferPointer(rebasing: input.dropFirst(Int(offered - pointee.avail_in)))
    return Int(UInt32(clamping: room.count) - pointee.avail_out)
  }
}
