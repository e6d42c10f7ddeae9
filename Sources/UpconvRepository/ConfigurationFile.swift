import Glibc

/// Reads a model's small `config.json`.
enum ConfigurationFile {
  private static let maxBytes = 1 << 16

  /// The text, or nil where there is no such file.
  /// - Parameter root: where links may lead, without links or dots itself.
  static func text(at path: String, within root: String) throws(ConfigurationError) -> String? {
    // A pipe without a writer would hold whoever opens it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .unreadable(reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    // What was opened is looked at, not what the name may lead to by now.
    guard let opened = FilePath.resolved("/proc/self/fd/\(descriptor)"), FilePath.isWithin(opened, root) else {
      throw .leavesRepository
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
    var bytes: [UInt8] = []
    var window = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &window, window.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(reason: String(cString: strerror(errno))) }
      if count == 0 { break }
      bytes += window.prefix(count)
      guard bytes.count <= maxBytes else { throw .tooLarge(maxBytes: maxBytes) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
