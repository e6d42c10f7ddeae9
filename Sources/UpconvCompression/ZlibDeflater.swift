/// Compresses as the content arrives, in zlib's own frame, which HTTP calls deflate (RFC 9110 §8.4.1.2).
///
/// The deflate data are those of `Deflater`; only the frame around them is another.
/// - Source: RFC 1950 §2.2, RFC 1952 §2.3.
package struct ZlibDeflater: StreamCompressor, ~Copyable {
  private var deflater: Deflater
  private var adler = Adler32()
  /// Bytes of gzip's header that have not come out; it has no optional parts.
  private var headerLeft = 10

  package static let heldBytes = Deflater.heldBytes

  /// CM 8 with a 32 KiB window; the fastest level, so that both bytes together are a multiple of 31.
  private static let header: [UInt8] = [0x78, 0x01]
  /// CRC-32 and length.
  private static let gzipTrailerBytes = 8

  package init(codec: GzipCodec = .best) { deflater = Deflater(codec: codec) }

  /// Whether the trailer has been written in full.
  package var isFinished: Bool { deflater.isFinished }

  /// Compresses `bytes`, appending what comes out so far.
  package mutating func write(_ bytes: UnsafeRawBufferPointer, appendingTo output: inout [UInt8]) {
    adler.update(bytes)
    let start = output.count
    deflater.write(bytes, appendingTo: &output)
    reframe(&output, from: start)
  }

  /// Appends all that went in so far and has not come out, at the price of a few bytes.
  package mutating func flush(appendingTo output: inout [UInt8]) {
    let start = output.count
    deflater.flush(appendingTo: &output)
    reframe(&output, from: start)
  }

  /// Ends the data, appending the rest of them and the check value.
  package mutating func finish(appendingTo output: inout [UInt8]) {
    let start = output.count
    deflater.finish(appendingTo: &output)
    reframe(&output, from: start)
    output.removeLast(ZlibDeflater.gzipTrailerBytes)
    withUnsafeBytes(of: adler.value.bigEndian) { output += $0 }
  }

  /// Puts zlib's header in the place of gzip's, which may come in pieces.
  private mutating func reframe(_ output: inout [UInt8], from start: Int) {
    let share = min(headerLeft, output.count - start)
    guard share > 0 else { return }
    headerLeft -= share
    output.replaceSubrange(start..<start + share, with: headerLeft == 0 ? ZlibDeflater.header : [])
  }

  /// The whole of `bytes`.
  package static func zlib(_ bytes: [UInt8], codec: GzipCodec = .best) -> [UInt8] {
    var deflater = ZlibDeflater(codec: codec)
    var output: [UInt8] = []
    bytes.withUnsafeBytes { deflater.write($0, appendingTo: &output) }
    deflater.finish(appendingTo: &output)
    return output
  }
}
