import UpconvHTTP
import UpconvMemory

extension Problem {
  /// What is refused before a handler sees it.
  init(_ refusal: Refusal) {
    switch refusal {
    case .malformed(let error):
      self.init(error)
    case .tooSlow(let seconds):
      self.init(status: .requestTimeout, detail: "the request did not come whole within \(seconds) seconds")
    case .contentTooSlow(let rate):
      self.init(
        status: .requestTimeout,
        detail: "the content came at less than \(rate) bytes per second on average, the minimum of this server")
    case .timedOut(let seconds):
      self.init(
        status: .serviceUnavailable, detail: "the request was not answered within \(seconds) seconds",
        fields: [("retry-after", "5")])
    case .overloaded(let retryAfterSeconds):
      self.init(
        status: .serviceUnavailable,
        detail: "the server has no room for this request now; try again in \(retryAfterSeconds) s",
        fields: [("retry-after", "\(retryAfterSeconds)")])
    }
  }

  /// What there is no memory for.
  init(_ refusal: MemoryRefusal) {
    switch refusal {
    case .full(let retryAfterSeconds):
      self.init(
        status: .serviceUnavailable,
        detail: "the requests under way leave no memory for this one now; try again in \(retryAfterSeconds) s",
        fields: [("retry-after", "\(retryAfterSeconds)")])
    case .neverFits(let maxBytes):
      self.init(
        status: .contentTooLarge,
        detail: "the request takes more memory than the \(maxBytes) bytes that all requests together may")
    }
  }

  /// What is no request (RFC 9112), or passes a limit.
  init(_ error: RequestError) {
    switch error {
    case .malformedRequestLine:
      self.init(.badRequest, "the request-line must be: method, one space, target, one space, HTTP/1.1")
    case .unknownMethod(let method):
      self.init(.notImplemented, "the method \(method) is not known here")
    case .malformedTarget(let target):
      self.init(.badRequest, "the request target \(target) is not a valid path and query")
    case .targetTooLong(let maxBytes):
      self.init(.uriTooLong, "the request-line is longer than \(maxBytes) bytes")
    case .malformedVersion(let version):
      self.init(.badRequest, "the protocol version \(version) is malformed: it must be HTTP/1.1 or HTTP/1.0")
    case .unsupportedVersion(let version):
      self.init(.httpVersionNotSupported, "the protocol version \(version) is not supported: use HTTP/1.1")
    case .connectNotSupported:
      self.init(.notImplemented, "CONNECT is not implemented: this is not a proxy")
    case .bareLineFeed:
      self.init(.badRequest, "a line ends in LF alone: lines end in CR LF")
    case .bareCarriageReturn:
      self.init(.badRequest, "a CR stands without LF")
    case .malformedFieldLine:
      self.init(.badRequest, "a header line is not of the form name: value")
    case .invalidFieldName(let name):
      self.init(.badRequest, "the header name \(name) is not a token")
    case .invalidFieldValue(let name):
      self.init(.badRequest, "the header \(name) has a control character in its value")
    case .obsoleteLineFolding:
      self.init(.badRequest, "a header value is folded over two lines, which is obsolete and refused")
    case .headTooLarge(let maxBytes):
      self.init(.requestHeaderFieldsTooLarge, "the header section is larger than \(maxBytes) bytes")
    case .tooManyFields(let maxCount):
      self.init(.requestHeaderFieldsTooLarge, "there are more than \(maxCount) header lines")
    case .missingHost:
      self.init(.badRequest, "the header Host is missing")
    case .duplicateHost:
      self.init(.badRequest, "the header Host is given more than once")
    case .invalidHost(let host):
      self.init(.badRequest, "the header Host is \(host), which is no host and port")
    case .conflictingHost(let host, let authority):
      self.init(.badRequest, "the header Host is \(host), but :authority is \(authority)")
    case .malformedPseudoField(let name):
      self.init(.badRequest, "\(name) must be given once, before all other headers, and be known to HTTP/2")
    case .connectionField(let name):
      self.init(.badRequest, "the header \(name) has no place in HTTP/2")
    case .invalidContentLength(let value):
      self.init(.badRequest, "Content-Length is \(value), but must be a whole number of bytes")
    case .duplicateContentLength:
      self.init(.badRequest, "Content-Length is given more than once")
    case .contentTooLarge(let maxBytes):
      self.init(.contentTooLarge, "the content is larger than the \(maxBytes) bytes that are allowed")
    case .bothLengthAndTransferEncoding:
      self.init(.badRequest, "Content-Length and Transfer-Encoding are both given: where the request ends is unclear")
    case .unsupportedTransferEncoding(let value):
      self.init(.notImplemented, "Transfer-Encoding is \(value), but only chunked is implemented")
    case .malformedTransferEncoding(let value):
      self.init(.badRequest, "Transfer-Encoding is \(value), but must be chunked, once")
    case .transferEncodingInHTTP10:
      self.init(.badRequest, "Transfer-Encoding has no meaning in HTTP/1.0")
    case .invalidChunkSize:
      self.init(.badRequest, "a chunk size is not a hexadecimal number")
    case .invalidChunkExtension:
      self.init(.badRequest, "a chunk extension is malformed")
    case .chunkOverheadTooLarge(let maxBytes):
      self.init(.badRequest, "the chunk framing takes more than \(maxBytes) bytes: send larger chunks")
    case .missingChunkTerminator:
      self.init(.badRequest, "a chunk does not end in CR LF where its size says")
    case .trailersTooLarge(let maxBytes):
      self.init(.requestHeaderFieldsTooLarge, "the trailer section is larger than \(maxBytes) bytes")
    case .malformedTrailer:
      self.init(.badRequest, "a trailer line is not of the form name: value")
    case .duplicateField(let name):
      self.init(.badRequest, "the header \(name) is given more than once")
    case .unknownExpectation(let value):
      self.init(.expectationFailed, "Expect is \(value), but only 100-continue can be met")
    }
  }

  private init(_ status: Status, _ detail: String) { self.init(status: status, detail: detail) }
}
