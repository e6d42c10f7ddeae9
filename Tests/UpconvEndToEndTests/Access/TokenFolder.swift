import Foundation
import UpconvAccess
import UpconvDigest

/// A file of tokens in a folder of its own, which goes with the object.
final class TokenFolder {
  private let folder: URL
  var path: String { folder.appendingPathComponent("tokens").path }

  /// Writes a token for each entry; the name is the token's too.
  init(_ tokens: KeyValuePairs<String, Roles>) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("upconv-tokens-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try write(tokens)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func write(_ tokens: KeyValuePairs<String, Roles>) throws {
    try write(
      tokens.map { name, roles in
        AccessToken(digest: SHA256Digest(of: Array(name.utf8)), name: name, roles: roles).line + "\n"
      }.joined())
  }

  /// In the place of the old file in one step, as whoever changes secrets does it.
  func write(_ text: String, mode: Int = 0o600) throws {
    let new = folder.appendingPathComponent("new")
    try Data(text.utf8).write(to: new)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: new.path)
    guard rename(new.path, path) == 0 else { throw TestClient.Failure("rename: \(errno)") }
  }

  /// One token for each role.
  static func oneForEachRole() throws -> TokenFolder {
    try TokenFolder(["infers": Roles(.infer), "observes": Roles(.observe), "administers": Roles(.admin)])
  }
}

extension TestRequest {
  static func bearer(_ token: String) -> (String, String) { ("Authorization", "Bearer \(token)") }
}
