import UpconvCompression
import UpconvHTTP

/// Another content, compressed in zlib's frame while it is sent: for clients that read no gzip.
// SAFETY: as for `GzipContent`: a connection owns its answer's content and uses it from one thread at a time.
final class DeflateContent: ContentSource, @unchecked Sendable {
  private var content: any ContentSource
  private var deflater = ZlibDeflater()
  private var window: [UInt8] = []
  private var windowOffset = 0

  private static let maxPieceBytes = 64 << 10
  private static let maxBytesTakenAtOnce = 256 << 10

  init(_ content: any ContentSource) { self.content = content }

  var length: Int? { nil }

  func withNextBytes(_ body: (UnsafeRawBufferPointer) -> Int) {
    if windowOffset == window.count { fillWindow() }
    windowOffset += window.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[windowOffset...])) }
  }

  private func fillWindow() {
    window.removeAll(keepingCapacity: true)
    windowOffset = 0
    var taken = 0
    while window.isEmpty, !deflater.isFinished {
      // What compresses a thousandfold must not keep its thread until a window is full.
      guard taken < DeflateContent.maxBytesTakenAtOnce else { return deflater.flush(appendingTo: &window) }
      content.withNextBytes { next in
        if next.isEmpty {
          deflater.finish(appendingTo: &window)
          return 0
        }
        let piece = UnsafeRawBufferPointer(rebasing: next.prefix(DeflateContent.maxPieceBytes))
        deflater.write(piece, appendingTo: &window)
        taken += piece.count
        return piece.count
      }
    }
  }
}
