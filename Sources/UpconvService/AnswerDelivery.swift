import UpconvCompression
import UpconvHTTP

/// How an answer's content goes out: whole or piece by piece, plain or compressed, as the client prefers.
struct AnswerDelivery: Sendable {
  /// Which codings the client likes.
  let accepts: AcceptEncoding
  let minGzipBytes: Int
  /// Where compressed answers are counted.
  let codings: CodingMetrics

  /// Answers up to this many elements are written at once, so that their length is known and one system call sends
  /// them; larger ones are written while they are sent.
  static let maxElementsWrittenAtOnce = 4096

  /// - Parameters:
  ///   - elementCount: numbers that the content writes.
  ///   - fields: all but Content-Encoding.
  func response(_ content: any ContentSource, elementCount: Int, fields: HTTPFields) -> Response {
    var (source, fields) = (content, fields)
    if elementCount <= AnswerDelivery.maxElementsWrittenAtOnce { return response(source.allBytes(), fields: fields) }
    if let coding = coding(ofBytes: source.length ?? .max) {
      source = coding.compressed(source, codings)
      fields.append("content-encoding", coding.rawValue)
    }
    return Response(status: .ok, fields: fields, content: .source(source))
  }

  /// An answer whose content is written already.
  func response(_ content: [UInt8], fields: HTTPFields) -> Response {
    guard let coding = coding(ofBytes: content.count) else {
      return Response(status: .ok, fields: fields, content: .bytes(content))
    }
    let coded = coding.compressed(content)
    codings.addSent(coded: coded.count, plain: content.count)
    var fields = fields
    fields.append("content-encoding", coding.rawValue)
    return Response(status: .ok, fields: fields, content: .bytes(coded))
  }

  /// Small answers go out as they are, unless the client refuses just that (RFC 9110 §12.5.3).
  private func coding(ofBytes byteCount: Int) -> Coding? {
    guard byteCount >= minGzipBytes || accepts.refusesIdentity else { return nil }
    return accepts.prefersGzip ? .gzip : accepts.prefersDeflate ? .deflate : nil
  }

  /// The codings of answers (RFC 9110 §8.4.1).
  private enum Coding: String {
    case gzip
    /// zlib's frame: for clients that read no gzip.
    case deflate

    func compressed(_ bytes: [UInt8]) -> [UInt8] {
      switch self {
      case .gzip: Deflater.gzip(bytes)
      case .deflate: ZlibDeflater.zlib(bytes)
      }
    }

    func compressed(_ content: any ContentSource, _ codings: CodingMetrics) -> any ContentSource {
      switch self {
      case .gzip: CompressedContent(content, by: Deflater(), codings)
      case .deflate: CompressedContent(content, by: ZlibDeflater(), codings)
      }
    }
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
