/// Where a request's content ends (RFC 9112 §6.3). Whatever two readers could read in two ways is refused:
/// that is how requests are smuggled.
extension RequestHead.Framing {
  /// The framing that `fields` declare.
  ///
  /// - Throws: `.bothLengthAndTransferEncoding`, `.transferEncodingInHTTP10`, `.malformedTransferEncoding`,
  ///   `.unsupportedTransferEncoding`, `.duplicateContentLength`, `.invalidContentLength`,
  ///   `.contentTooLarge`.
  init(_ fields: HTTPFields, version: RequestHead.Version, limits: HTTPLimits) throws(RequestError) {
    let codings = fields.count(of: "transfer-encoding")
    let lengths = fields.count(of: "content-length")
    if codings > 0 {
      // RFC 9112 §6.1: a server MAY refuse a request with both.
      guard lengths == 0 else { throw .bothLengthAndTransferEncoding }
      // RFC 9112 §6.1: HTTP/1.0 has no Transfer-Encoding; whoever sends it has faulty framing.
      guard version == .http11 else { throw .transferEncodingInHTTP10 }
      try Self.checkChunked(fields.values(of: "transfer-encoding"))
      self = .chunked
    } else if let length = fields.first("content-length") {
      // RFC 9110 §8.6: equal values MAY be taken for one. They are not.
      guard lengths == 1 else { throw .duplicateContentLength }
      guard let count = Self.decimal(length.utf8) else {
        throw .invalidContentLength(Excerpt.of(length.utf8))
      }
      guard count <= limits.maxContentBytes else { throw .contentTooLarge(maxBytes: limits.maxContentBytes) }
      self = .contentLength(count)
    } else {
      // RFC 9112 §6.3: a request without either has no content.
      self = .none
    }
  }

  /// The one value that is understood is `chunked` (RFC 9112 §7), in any case.
  private static func checkChunked(_ values: [String]) throws(RequestError) {
    let codings = TokenList(values)
    let text = values.joined(separator: ", ")
    // RFC 9112 §7.1: `chunked` has no parameters, and two fields are merged by some and not by others.
    guard values.count == 1, !codings.tokens.isEmpty, !codings.hasMalformedMember else {
      throw .malformedTransferEncoding(Excerpt.of(text.utf8))
    }
    guard codings.tokens != ["chunked"] else { return }
    // RFC 9112 §6.3: `chunked`, once, and last.
    guard !codings.tokens.dropLast().contains("chunked") else {
      throw .malformedTransferEncoding(Excerpt.of(text.utf8))
    }
    // RFC 9112 §6.1: a coding that is not understood.
    throw .unsupportedTransferEncoding(Excerpt.of(text.utf8))
  }

  /// `1*DIGIT` (RFC 9110 §8.6), or `nil` for anything else and for what an `Int` cannot hold.
  private static func decimal(_ digits: some Collection<UInt8>) -> Int? {
    guard !digits.isEmpty else { return nil }
    var value = 0
    for digit in digits {
      guard digit.isDigit else { return nil }
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, tooLargeAgain) = product.addingReportingOverflow(Int(digit - ASCII.zero))
      guard !tooLarge, !tooLargeAgain else { return nil }
      value = sum
    }
    return value
  }
}
