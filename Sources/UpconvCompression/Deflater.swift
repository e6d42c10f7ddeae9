/// Compresses to gzip as the content arrives: one member, without name or time.
///
/// Equal content in equal pieces gives equal bytes, from one build on one kind of processor: codecs differ, and
/// ISA-L chooses its code by the processor. Memory is the encoder's, about 270 to 610 KiB, freed with the value.
/// - Source: RFC 1952.
package struct Deflater: StreamCompressor, ~Copyable {
  /// How hard to try: 1 is fastest, 9 smallest. 1 is what a tensor answer wants.
  ///
  /// Measured by `GzipBenchmark`, zlib 1.2.13 and ISA-L 2.30: normally distributed float32 shrink to 92 or 93 % at any
  /// level of both. Their JSON text shrinks to 48 % at zlib's level 1 with 100 MB/s, to 43 % at level 6 with 17 MB/s; to
  /// 46 % at any level of ISA-L with 380 to 440 MB/s. A tenth less on the wire is not worth six times the processor
  /// time to a service whose processor is its bottleneck.
  package static let defaultLevel: Int32 = 1

  /// What the larger of the two codecs takes.
  package static let heldBytes = 610 << 10

  private let encoder: any GzipEncoder

  /// - Parameter level: 1 to 9; values outside are taken for the nearest.
  package init(level: Int32 = Deflater.defaultLevel, codec: GzipCodec = .best) {
    encoder = codec.encoder(level: min(max(level, 1), 9))
  }

  /// Whether the trailer has been written in full.
  package var isFinished: Bool { encoder.isEnded }

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
    deflate(from: &input, into: output, boundary: isLast ? .end : .none)
  }

  private mutating func deflate(
    from input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, boundary: GzipBoundary
  ) -> Int {
    var written = 0
    while written < output.count, !encoder.isEnded {
      // Both libraries count in 32 bits.
      let offered = UnsafeRawBufferPointer(rebasing: input.prefix(1 << 30))
      let room = UnsafeMutableRawBufferPointer(rebasing: output[written...].prefix(1 << 30))
      var rest = offered
      let made = encoder.encode(
        from: &rest, into: room, boundary: offered.count == input.count ? boundary : .none)
      let taken = offered.count - rest.count
      input = UnsafeRawBufferPointer(rebasing: input.dropFirst(taken))
      written += made
      // Room is left and nothing to do: another call would only flush again.
      if made < room.count, input.isEmpty, boundary != .end { break }
      if taken == 0, made == 0 { break }
    }
    return written
  }

  /// Compresses `bytes`, appending what comes out so far; it may be nothing, since input is gathered first.
  package mutating func write(_ bytes: UnsafeRawBufferPointer, appendingTo output: inout [UInt8]) {
    pump(bytes, &output, boundary: .none)
  }

  /// Appends all that went in so far and has not come out, at the price of a few bytes.
  package mutating func flush(appendingTo output: inout [UInt8]) {
    pump(UnsafeRawBufferPointer(start: nil, count: 0), &output, boundary: .flush)
  }

  /// Ends the member, appending the rest of it.
  package mutating func finish(appendingTo output: inout [UInt8]) {
    pump(UnsafeRawBufferPointer(start: nil, count: 0), &output, boundary: .end)
  }

  private mutating func pump(_ bytes: UnsafeRawBufferPointer, _ output: inout [UInt8], boundary: GzipBoundary) {
    withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 1) { window in
      var rest = bytes
      var count = window.count
      while count == window.count {
        count = deflate(from: &rest, into: window, boundary: boundary)
        output.append(contentsOf: window.prefix(count))
      }
    }
  }

  /// The whole of `bytes` as one gzip member.
  package static func gzip(
    _ bytes: [UInt8], level: Int32 = Deflater.defaultLevel, codec: GzipCodec = .best
  ) -> [UInt8] {
    var deflater = Deflater(level: level, codec: codec)
    var output: [UInt8] = []
    bytes.withUnsafeBytes { deflater.write($0, appendingTo: &output) }
    deflater.finish(appendingTo: &output)
    return output
  }
}
