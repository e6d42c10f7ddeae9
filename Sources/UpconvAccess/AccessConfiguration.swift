/// Who may do what, apart from tokens.
package struct AccessConfiguration: Sendable {
  /// Whether models may be loaded and unloaded by request at all.
  package var allowsAdmin = false
  package var ratePerToken: RequestRate?
  /// For each address of IPv4, and each /64 of IPv6.
  package var ratePerAddress: RequestRate?
  /// Whose pages may read answers; none unless told.
  package var origins: [WebOrigin] = []

  package init() {}
}
