import CDocuments
import UpconvCompression
import UpconvDigest
package import UpconvHTTP

/// A document that is the same for the life of the process: compressed once, with a strong tag for each form.
package struct StaticDocument: Sendable {
  package let bytes: [UInt8]
  private let gzip: [UInt8]
  private let contentType: String
  private let tag: EntityTag
  private let gzipTag: EntityTag

  package init(_ bytes: [UInt8], contentType: String) {
    self.bytes = bytes
    self.contentType = contentType
    gzip = Deflater.gzip(bytes, level: 9, codec: .zlib)
    tag = EntityTag(digest: SHA256.digest(bytes))
    gzipTag = EntityTag(digest: SHA256.digest(gzip))
  }

  /// Returns the document; 304 if the client has it, 412 if the client wants only another one (RFC 9110 §13.2.2).
  /// - Parameter more: fields besides those that every static document has.
  package func response(to head: RequestHead, _ more: [(name: String, value: String)] = []) -> Response {
    let isGzip = AcceptEncoding(head.fields.values(of: "accept-encoding")).prefersGzip
    let tag = isGzip ? gzipTag : tag
    var fields = HTTPFields()
    fields.append("etag", tag.text)
    fields.append("vary", "Accept-Encoding")
    // Kept, but asked for again each time: a newer server has a newer document.
    fields.append("cache-control", "no-cache")
    // RFC 9110 §15.4.5: what a cached document is served with stands in the 304, too.
    for (name, value) in more { fields.append(name, value) }
    let wanted = head.fields.values(of: "if-match")
    guard wanted.isEmpty || tag.isMatched(by: wanted) else {
      return Response(status: .preconditionFailed, fields: fields)
    }
    guard !tag.isNamed(by: head.fields.values(of: "if-none-match")) else {
      return Response(status: .notModified, fields: fields)
    }
    fields.append("content-type", contentType)
    if isGzip { fields.append("content-encoding", "gzip") }
    var response = Response(status: .ok, fields: fields, content: .bytes(isGzip ? gzip : bytes))
    response.sharesContent = true
    return response
  }
}

extension StaticDocument {
  /// The description of the service's interface, compressed at the first request.
  package static let openAPI = StaticDocument(Array(upconv_openapi_yaml()), contentType: "application/yaml")

  /// The same description as JSON.
  package static let openAPIJSON = StaticDocument(Array(upconv_openapi_json()), contentType: "application/json")
}

extension [UInt8] {
  /// Copies a file that is part of the program.
  init(_ document: upconv_document) { self.init(UnsafeBufferPointer(start: document.bytes, count: document.count)) }
}
