package import UpconvDigest

/// A token as the server knows it: by its digest, never itself.
package struct AccessToken: Sendable, Equatable {
  package let digest: SHA256Digest
  /// Whose it is, for logs.
  package let name: String
  package let roles: Roles

  package init(digest: SHA256Digest, name: String, roles: Roles) {
    self.digest = digest
    self.name = name
    self.roles = roles
  }

  /// A new token with 256 bits from the system's source of randomness: `upconv_` and base64url (RFC 4648 §5).
  package static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    // 43 digits of 6 bits each.
    return "upconv_" + String(decoding: (0..<43).map { _ in alphabet[Int(generator.next() & 63)] }, as: UTF8.self)
  }

  /// Letters, digits, `.`, `_`, `-` and `@`, 64 of them at most: a name never has to be escaped.
  package static func isName(_ text: some StringProtocol) -> Bool {
    1...64 ~= text.utf8.count
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
          UInt8(ascii: "@"):
          true
        default: false
        }
      }
  }

  /// As it stands in a file of tokens.
  package var line: String {
    let roles = Role.allCases.filter { self.roles.contains(Roles($0)) }.map(\.rawValue).joined(separator: ",")
    return "\(digest.hexadecimal) \(name) \(roles)"
  }
}
