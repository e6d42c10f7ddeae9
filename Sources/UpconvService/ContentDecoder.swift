import UpconvCompression
import UpconvHTTP

/// Reads one container's bytes as they come.
package protocol ContentDecoder: AnyObject {
  /// Takes all of `bytes`.
  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError)
}

/// A request's content, whose coding (RFC 9110 §8.4) is undone on the way into a decoder, a window at a time.
final class CodedContent {
  private let decoder: any ContentDecoder
  private var inflater: Inflater?
  private let coding: String
  private let window: UnsafeMutableRawBufferPointer

  /// - Throws: `.unsupportedContentCoding`. Codings are not stacked: whoever compresses twice wants something else.
  init(_ fields: HTTPFields, into decoder: any ContentDecoder, maxInflatedBytes: Int) throws(ServiceError) {
    self.decoder = decoder
    let values = fields.values(of: "content-encoding")
    let names = ContentCodings(values)?.names
    coding = names?.first ?? ""
    let format: Inflater.Format? =
      switch names {
      case [], ["identity"]: nil
      case ["gzip"]: .gzip
      case ["deflate"]: .zlib
      default: throw .unsupportedContentCoding(values.joined(separator: ", "))
      }
    inflater = format.map { Inflater(format: $0, maxOutputBytes: maxInflatedBytes) }
    window = .allocate(byteCount: format == nil ? 0 : Inflater.windowBytes, alignment: 64)
  }

  deinit { window.deallocate() }

  /// Takes all of `bytes`.
  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    guard inflater != nil else { return try decoder.read(bytes) }
    var rest = bytes
    while true {
      let count = try inflate(&rest)
      if count == 0 { return }
      try decoder.read(UnsafeRawBufferPointer(rebasing: window.prefix(count)))
    }
  }

  /// The content is complete.
  /// - Throws: `.coding` where the coding is not.
  func finish() throws(ServiceError) {
    do { try inflater?.finish() } catch { throw .coding(coding, error) }
  }

  private func inflate(_ rest: inout UnsafeRawBufferPointer) throws(ServiceError) -> Int {
    do { return try inflater?.inflate(from: &rest, into: window) ?? 0 } catch { throw .coding(coding, error) }
  }
}
