internal import CZlib

/// Deflate in zlib's own frame, in one go: what a picture holds its pixels in.
/// - Source: RFC 1950; zlib's `compress2`.
package enum ZlibStream {
  /// The whole of `bytes` compressed. O(count), at about 20 to 100 MB/s.
  package static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var length = compressBound(UInt(bytes.count))
    var output = [UInt8](repeating: 0, count: Int(length))
    let status = compress2(&output, &length, bytes, UInt(bytes.count), Z_DEFAULT_COMPRESSION)
    // Fails for want of memory, where Swift's own allocation ends the process too; no input leads here.
    precondition(status == Z_OK, "zlib does not compress: status \(status)")
    output.removeLast(output.count - Int(length))
    return output
  }
}
