package import UpconvDigest

/// The tokens that are good, read from text: a line for each, with the token's SHA-256 digest in hexadecimal, a name, and
/// its roles with commas between. Empty lines, and those that begin with `#`, are comments.
package struct TokenTable: Sendable {
  package let tokens: [AccessToken]

  /// Every request with a token looks at each of them.
  package static let maxTokens = 1000

  /// - Throws: the first fault.
  package init(_ text: String) throws(TokenFileError) {
    var tokens: [AccessToken] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let number = index + 1
      let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      guard words.count == 3 else { throw .wrongFieldCount(line: number) }
      guard let digest = SHA256Digest(hexadecimal: first) else { throw .malformedDigest(line: number) }
      guard AccessToken.isName(words[1]) else { throw .malformedName(line: number) }
      var roles: Roles = []
      for name in words[2].split(separator: ",", omittingEmptySubsequences: false) {
        guard let role = Role(rawValue: String(name)) else { throw .unknownRole(line: number) }
        roles.insert(Roles(role))
      }
      guard !tokens.contains(where: { $0.digest == digest }) else { throw .repeatedDigest(line: number) }
      guard tokens.count < TokenTable.maxTokens else { throw .tooManyTokens }
      tokens.append(AccessToken(digest: digest, name: String(words[1]), roles: roles))
    }
    guard !tokens.isEmpty else { throw .noTokens }
    self.tokens = tokens
  }

  /// Looks at all of them, whether or not it has found one: the time tells nothing of where it stands. O(tokens).
  package func token(with digest: SHA256Digest) -> AccessToken? {
    var found: Int?
    for (index, token) in tokens.enumerated() where token.digest == digest { found = index }
    return found.map { tokens[$0] }
  }
}
