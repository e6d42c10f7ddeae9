import Glibc
import Synchronization
import UpconvDigest
import UpconvSystem

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
    let bytes: [UInt8]
    let mode: mode_t
    do {
      let file = try SmallFile(path)
      // Of what is open, not of the name: that may be another file an instant later.
      mode = try file.mode()
      bytes = mode & S_IFMT == S_IFREG ? try file.bytes(atMost: maxBytes) : []
    } catch {
      guard let reason = error.reason else { throw .tooLarge(maxBytes: maxBytes) }
      throw .unreadable(reason: reason)
    }
    guard mode & S_IFMT == S_IFREG else { throw .notAFile }
    // The group may read: that is how a secret is mounted for a pod with fsGroup.
    let forbidden = S_IWGRP | S_IRWXO
    guard mode & forbidden == 0 else { throw .exposed(mode: mode & 0o777) }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
    return try TokenTable(text)
  }
}
