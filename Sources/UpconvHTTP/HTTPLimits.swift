/// How much of anything a request may hold. All limits are checked while bytes arrive, before memory is taken
/// for them.
package struct HTTPLimits: Sendable, Equatable {
  /// A request-line without its CRLF; longer is `.targetTooLong`. RFC 9112 §3 recommends at least 8000.
  package var maxRequestLineBytes = 8192

  /// A head with its start-line and its last CRLF; longer is `.headTooLarge` (RFC 6585 §5).
  package var maxHeadBytes = 64 << 10

  /// Field lines in a head; more is `.tooManyFields`.
  package var maxFieldCount = 100

  /// The content of one request, as sent; longer is `.contentTooLarge` (RFC 9110 §15.5.14).
  package var maxContentBytes = 256 << 20

  /// By how much all chunk sizes, extensions and CRLFs of one request together may outweigh its content; more
  /// is `.chunkOverheadTooLarge` (RFC 9112 §7.1.1). Chunks of five bytes and more never meet this limit.
  package var maxChunkOverheadBytes = 64 << 10

  /// The trailer section; longer is `.trailersTooLarge`.
  package var maxTrailerBytes = 8 << 10

  /// The limits above.
  package init() {}
}
