import UpconvCompression
import UpconvHTTP

/// How an answer's content goes out: whole or piece by piece, plain or compressed, as the client prefers.
struct AnswerDelivery: Sendable {
  /// Which codings the client likes.
  let accepts: AcceptEncoding
  let minGzipBytes: Int

  /// Answers up to this many elements are written at once, so that their length is known and one system call sends
  /// them; larger ones are written while they are sent.
  private static let maxElementsWrittenAtOnce = 4096

  /// - Parameters:
  ///   - elementCount: numbers that the content writes.
  ///   - fields: all but Content-Encoding.
  func response(_ content: any ContentSource, elementCount: Int, fields: HTTPFields) -> Response {
    var (source, fields) = (content, fields)
    if elementCount <= AnswerDelivery.maxElementsWrittenAtOnce {
      var bytes = source.allBytes()
      if isWorthGzip(bytes.count) {
        bytes = Deflater.gzip(bytes)
        fields.append("content-encoding", "gzip")
      } else if isWorthDeflate(bytes.count) {
        bytes = ZlibDeflater.zlib(bytes)
        fields.append("content-encoding", "deflate")
      }
      return Response(status: .ok, fields: fields, content: .bytes(bytes))
    }
    if isWorthGzip(source.length ?? .max) {
      source = GzipContent(source)
      fields.append("content-encoding", "gzip")
    } else if isWorthDeflate(source.length ?? .max) {
      source = DeflateContent(source)
      fields.append("content-encoding", "deflate")
    }
    return Response(status: .ok, fields: fields, content: .source(source))
  }

  /// Small answers go out as they are, unless the client refuses just that (RFC 9110 §12.5.3).
  private func isWorthGzip(_ byteCount: Int) -> Bool {
    accepts.prefersGzip && (byteCount >= minGzipBytes || accepts.refusesIdentity)
  }

  private func isWorthDeflate(_ byteCount: Int) -> Bool {
    accepts.prefersDeflate && (byteCount >= minGzipBytes || accepts.refusesIdentity)
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
