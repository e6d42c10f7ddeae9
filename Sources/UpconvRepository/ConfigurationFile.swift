import Glibc

/// Reads a model's small `config.json`.
enum ConfigurationFile {
  private static let maxBytes = 1 << 16

  /// The text, or nil where there is no such file.
  static func text(at path: String) throws(ConfigurationError) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .unreadable(reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var window = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &window, window.count)
      guard count >= 0 else { throw .unreadable(reason: String(cString: strerror(errno))) }
      if count == 0 { break }
      bytes += window.prefix(count)
      guard bytes.count <= maxBytes else { throw .tooLarge(maxBytes: maxBytes) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
