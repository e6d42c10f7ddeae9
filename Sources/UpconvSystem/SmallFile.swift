package import Glibc

/// An open file that is read whole, such as one of settings or tokens. It is closed with its value.
package struct SmallFile: ~Copyable {
  package enum Failure: Error {
    /// The kernel's reason, such as `ENOENT`.
    case system(Int32)
    case tooLarge

    /// The kernel's sentence, if it is its failure.
    package var reason: String? {
      if case .system(let code) = self { String(cString: strerror(code)) } else { nil }
    }
  }

  private let descriptor: Int32

  /// Opens a file without waiting: a pipe without a writer would hold whoever opens it.
  package init(_ path: String) throws(Failure) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(errno) }
  }

  deinit { close(descriptor) }

  /// A link to the open file, whatever its name leads to by now.
  package var descriptorPath: String { "/proc/self/fd/\(descriptor)" }

  /// Returns type and permissions of the open file.
  package func mode() throws(Failure) -> mode_t {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
    return status.st_mode
  }

  /// Returns all bytes. O(bytes).
  /// - Throws: `.tooLarge` if the file has more than `maxBytes`.
  package func bytes(atMost maxBytes: Int) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var window = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = read(descriptor, &window, window.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(errno) }
      if count == 0 { return bytes }
      bytes += window.prefix(count)
      guard bytes.count <= maxBytes else { throw .tooLarge }
    }
  }
}
