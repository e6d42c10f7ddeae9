import UpconvCompression
import UpconvHTTP

/// Another content, compressed while it is sent.
// SAFETY: a connection owns its answer's content and uses it from one thread at a time; the compressor inside is
// handed over with it and never shared. `any ContentSource` values are not copied once a connection has them.
final class CompressedContent<Compressor: StreamCompressor & ~Copyable>: ContentSource, @unchecked Sendable {
  private var content: any ContentSource
  private var compressor: Compressor
  private var window: [UInt8] = []
  private var windowOffset = 0
  private let codings: CodingMetrics
  /// Bytes so far, with and without the coding.
  private var (codedBytes, plainBytes) = (0, 0)

  /// - Parameter codings: told once the content is whole.
  init(_ content: any ContentSource, by compressor: consuming Compressor, _ codings: CodingMetrics) {
    self.codings = codings
    self.content = content
    self.compressor = compressor
    window.reserveCapacity(CompressedContentBounds.windowBytes)
  }

  var length: Int? { nil }

  /// A window grows to twice its size where the compressor held much back.
  var heldBytes: Int { content.heldBytes + Compressor.heldBytes + 2 * CompressedContentBounds.windowBytes }

  func withNextBytes(_ body: (UnsafeRawBufferPointer) -> Int) {
    if windowOffset == window.count { fillWindow() }
    windowOffset += window.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[windowOffset...])) }
  }

  private func fillWindow() {
    window.removeAll(keepingCapacity: true)
    windowOffset = 0
    var taken = 0
    let wasFinished = compressor.isFinished
    defer { count(taken, isLast: compressor.isFinished && !wasFinished) }
    while window.isEmpty, !compressor.isFinished {
      // What compresses a thousandfold must not keep its thread until a window is full.
      guard taken < CompressedContentBounds.bytesTakenAtOnce else { return compressor.flush(appendingTo: &window) }
      content.withNextBytes { next in
        if next.isEmpty {
          compressor.finish(appendingTo: &window)
          return 0
        }
        let piece = UnsafeRawBufferPointer(rebasing: next.prefix(CompressedContentBounds.windowBytes))
        compressor.write(piece, appendingTo: &window)
        taken += piece.count
        return piece.count
      }
    }
  }

  private func count(_ plain: Int, isLast: Bool) {
    plainBytes += plain
    codedBytes += window.count
    if isLast { codings.addSent(coded: codedBytes, plain: plainBytes) }
  }
}

/// Apart, since a generic type has no stored properties of its own.
private enum CompressedContentBounds {
  static let windowBytes = 64 << 10
  static let bytesTakenAtOnce = 256 << 10
}
