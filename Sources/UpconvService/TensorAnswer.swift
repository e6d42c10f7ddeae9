import UpconvCompression
package import UpconvHTTP
package import UpconvTensor

/// Writes an output tensor as an answer of one kind.
package struct TensorAnswer {
  let kind: AnswerKind
  /// Whether a JSON answer nests its numbers.
  let isNested: Bool
  /// Which codings the client likes.
  let accepts: AcceptEncoding
  let minGzipBytes: Int

  /// Answers up to this many elements are written at once, so that their length is known and one system call sends
  /// them; larger ones are written while they are sent.
  private static let maxElementsWrittenAtOnce = 4096

  package init(kind: AnswerKind, isNested: Bool, accepts: AcceptEncoding, minGzipBytes: Int) {
    self.kind = kind
    self.isNested = isNested
    self.accepts = accepts
    self.minGzipBytes = minGzipBytes
  }

  /// - Throws: `.notFinite` where the kind is JSON and an element is NaN or infinite.
  package func response(_ output: Tensor) throws(ServiceError) -> Response {
    var source = try kind.content(of: output, isNested: isNested)
    var fields = HTTPFields()
    fields.append("content-type", kind.mediaType)
    fields.append("vary", "Accept, Accept-Encoding")
    fields.append("upconv-shape", output.shape.dimensions.map(String.init).joined(separator: ","))
    if output.shape.elementCount <= TensorAnswer.maxElementsWrittenAtOnce {
      var bytes = source.allBytes()
      if isWorthGzip(bytes.count) {
        bytes = Deflater.gzip(bytes)
        fields.append("content-encoding", "gzip")
      }
      return Response(status: .ok, fields: fields, content: .bytes(bytes))
    }
    if isWorthGzip(source.length ?? .max) {
      source = GzipContent(source)
      fields.append("content-encoding", "gzip")
    }
    return Response(status: .ok, fields: fields, content: .source(source))
  }

  /// Small answers go out as they are, unless the client refuses just that (RFC 9110 §12.5.3).
  private func isWorthGzip(_ byteCount: Int) -> Bool {
    accepts.prefersGzip && (byteCount >= minGzipBytes || accepts.refusesIdentity)
  }
}

extension ContentSource {
  /// The whole content, for small ones.
  fileprivate mutating func allBytes() -> [UInt8] {
    var bytes: [UInt8] = []
    var isEnded = false
    while !isEnded {
      withNextBytes { next in
        bytes += next
        isEnded = next.isEmpty
        return next.count
      }
    }
    return bytes
  }
}
