/// Why a file of tokens is not taken. Says the line, and never what stands there: it might be a token.
package enum TokenFileError: Error, Equatable, CustomStringConvertible {
  case unreadable(reason: String)
  case notAFile
  /// Users besides the owner and its group may read it, or others than the owner may change it.
  case exposed(mode: UInt32)
  case tooLarge(maxBytes: Int)
  case notUTF8
  case noTokens
  case tooManyTokens
  case wrongFieldCount(line: Int)
  case malformedDigest(line: Int)
  case malformedName(line: Int)
  case unknownRole(line: Int)
  case repeatedDigest(line: Int)

  package var description: String {
    switch self {
    case .unreadable(let reason): "it cannot be read: \(reason)"
    case .notAFile: "it is not a regular file"
    case .exposed(let mode):
      "its mode is 0\(String(mode, radix: 8)), but only its owner may write it and no other user may read it: "
        + "chmod 600 (or 640)"
    case .tooLarge(let maxBytes): "it is larger than \(maxBytes) bytes"
    case .notUTF8: "it is not UTF-8"
    case .noTokens: "it has no tokens, so that nobody could do anything"
    case .tooManyTokens: "it has more than \(TokenTable.maxTokens) tokens"
    case .wrongFieldCount(let line): "line \(line) must be a digest, a name and roles, with spaces between"
    case .malformedDigest(let line):
      "line \(line) must begin with the token's SHA-256 digest, 64 hexadecimal digits (never the token itself)"
    case .malformedName(let line): "the name on line \(line) must be 1 to 64 letters, digits or any of . _ - @"
    case .unknownRole(let line):
      "the roles on line \(line) must be some of \(Role.allCases.map(\.rawValue).joined(separator: ", ")), "
        + "with commas and no spaces between"
    case .repeatedDigest(let line): "the digest on line \(line) stands on an earlier line already"
    }
  }
}
