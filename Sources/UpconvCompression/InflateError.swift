/// Why compressed data are refused.
package enum InflateError: Error, Equatable, CustomStringConvertible {
  /// There was not one byte.
  case empty
  /// The data do not begin with gzip's two magic bytes.
  case notGzip
  /// The data do not begin with the two bytes of zlib's frame.
  case notZlib
  /// No deflate data, or a header field that has no meaning; `detail` tells which, alike for all codecs.
  case corrupt(detail: String)
  /// The data decompress, but not to what was compressed; `detail` tells which check failed.
  case wrongCheckValue(detail: String)
  /// The input ended before the data did.
  case truncated
  /// Bytes follow the last member (gzip) or the end of the data (raw deflate).
  case trailingBytes
  /// More came out than was allowed.
  case tooLarge(maxBytes: Int)
  /// More gzip members than are allowed follow one another.
  case tooManyMembers(maxMembers: Int)

  /// A sentence that names what is wrong and the rule.
  package var description: String {
    switch self {
    case .empty: "the compressed data are empty: even no content compresses to some bytes"
    case .notGzip: "the data are not gzip: they must begin with the bytes 1F 8B"
    case .notZlib: "the data are not deflate in zlib's frame (RFC 1950): their first two bytes are something else"
    case .corrupt(let detail): "the compressed data are corrupt: \(detail)"
    case .wrongCheckValue(let detail): "the compressed data do not match their own check value: \(detail)"
    case .truncated: "the compressed data end too early"
    case .trailingBytes: "bytes follow the end of the compressed data: nothing may"
    case .tooLarge(let maxBytes): "the data are too large: at most \(maxBytes) bytes may come out of them"
    case .tooManyMembers(let maxMembers):
      "too many gzip members: at most \(maxMembers) may follow one another"
    }
  }
}
