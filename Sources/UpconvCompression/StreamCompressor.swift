/// Compresses content as it arrives, in one frame or another.
package protocol StreamCompressor: ~Copyable {
  /// Bytes of memory that a compressor takes at most.
  static var heldBytes: Int { get }

  /// Whether the trailer has been written in full.
  var isFinished: Bool { get }

  /// Compresses `bytes`, appending what comes out so far; it may be nothing.
  mutating func write(_ bytes: UnsafeRawBufferPointer, appendingTo output: inout [UInt8])

  /// Appends all that went in so far and has not come out, at the price of a few bytes.
  mutating func flush(appendingTo output: inout [UInt8])

  /// Ends the data, appending the rest of them.
  mutating func finish(appendingTo output: inout [UInt8])
}
