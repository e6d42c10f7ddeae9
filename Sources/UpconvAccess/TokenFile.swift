import Glibc
import Synchronization
import UpconvDigest

/// The tokens in use, and the file that they come from.
package final class TokenFile: Sendable {
  package let path: String
  private let table: Mutex<TokenTable>

  /// About 12,000 lines.
  private static let maxBytes = 1 << 20

  /// - Throws: whatever is wrong with the file.
  package init(path: String) throws(TokenFileError) {
    self.path = path
    table = Mutex(try TokenFile.read(path))
  }

  /// Takes the tokens that the file has now; where it is not sound, those from before stay.
  /// - Returns: how many there are.
  package func reload() throws(TokenFileError) -> Int {
    let new = try TokenFile.read(path)
    table.withLock { $0 = new }
    return new.tokens.count
  }

  func token(_ bytes: [UInt8]) -> AccessToken? {
    let digest = SHA256Digest(of: bytes)
    return table.withLock { $0 }.token(with: digest)
  }

  private static func read(_ path: String) throws(TokenFileError) -> TokenTable {
    func failure() -> TokenFileError { .unreadable(reason: String(cString: strerror(errno))) }
    // Without O_NONBLOCK a pipe would be waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure() }
    defer { close(descriptor) }
    // Of what is open, not of the name: that may be another file a moment later.
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure() }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
    // The group may read: that is how a secret is mounted for a pod with fsGroup.
    let forbidden = S_IWGRP | S_IRWXO
    guard status.st_mode & forbidden == 0 else { throw .exposed(mode: status.st_mode & 0o777) }
    var bytes: [UInt8] = []
    var window = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &window, window.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure() }
      if count == 0 { break }
      bytes += window.prefix(count)
      guard bytes.count <= maxBytes else { throw .tooLarge(maxBytes: maxBytes) }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
    return try TokenTable(text)
  }
}
