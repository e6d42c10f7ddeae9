import Glibc

/// The small files in which Linux tells of itself and of this process, such as those in /proc.
package enum SystemFile {
  /// What stands at `path`; nil if it cannot be read. O(bytes).
  /// - Parameter maxBytes: no more is wanted.
  package static func bytes(at path: String, atMost maxBytes: Int = .max) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var window = [UInt8](repeating: 0, count: min(8192, max(1, maxBytes)))
    while bytes.count < maxBytes {
      let count = read(descriptor, &window, min(window.count, maxBytes - bytes.count))
      if count <= 0 { break }
      bytes += window.prefix(count)
    }
    return bytes
  }

  /// The same as text.
  package static func text(at path: String, atMost maxBytes: Int = .max) -> String? {
    bytes(at: path, atMost: maxBytes).map { String(decoding: $0, as: UTF8.self) }
  }
}
