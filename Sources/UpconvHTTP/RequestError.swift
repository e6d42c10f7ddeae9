/// Why bytes are not a request that this server reads. A connection that sent such bytes is closed after the
/// answer: where the next request would begin is not known.
package enum RequestError: Error, Equatable {
  // The start-line (RFC 9112 §3).
  case malformedRequestLine
  case unknownMethod(String)
  case malformedTarget(String)
  case targetTooLong(maxBytes: Int)
  case malformedVersion(String)
  case unsupportedVersion(String)
  case connectNotSupported
  // Fields (RFC 9112 §5).
  case bareLineFeed
  case bareCarriageReturn
  case malformedFieldLine
  case invalidFieldName(String)
  case invalidFieldValue(name: String)
  case obsoleteLineFolding
  case headTooLarge(maxBytes: Int)
  case tooManyFields(maxCount: Int)
  // Host (RFC 9112 §3.2).
  case missingHost
  case duplicateHost
  case invalidHost(String)
  /// Host and `:authority` name two (RFC 9113 §8.3.1).
  case conflictingHost(host: String, authority: String)
  // Framing (RFC 9112 §6, §7).
  case invalidContentLength(String)
  case duplicateContentLength
  case contentTooLarge(maxBytes: Int)
  case bothLengthAndTransferEncoding
  case unsupportedTransferEncoding(String)
  case malformedTransferEncoding(String)
  case transferEncodingInHTTP10
  case invalidChunkSize
  case invalidChunkExtension
  case chunkOverheadTooLarge(maxBytes: Int)
  case missingChunkTerminator
  case trailersTooLarge(maxBytes: Int)
  case malformedTrailer
  // HTTP/2 (RFC 9113 §8.2.2, §8.3).
  case malformedPseudoField(String)
  case connectionField(String)
  // Other fields that must be single or known.
  case duplicateField(String)
  case unknownExpectation(String)
}
