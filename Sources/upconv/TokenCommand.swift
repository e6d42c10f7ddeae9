import ArgumentParser
import UpconvAccess
import UpconvDigest

/// `upconv token`: makes a token, and the line that a file of tokens knows it by.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make a token, and the line for the file that serve --tokens reads.",
    discussion: """
      The line goes to standard output, the token to standard error, once: it is kept nowhere.
        (umask 077; upconv token alice --role infer >>tokens)
      A token made elsewhere needs as much randomness; its digest is: printf %s TOKEN | sha256sum
      """)

  @Argument(help: "Whose it is, as logs say: up to 64 letters, digits and . _ - @.")
  var name: String

  @Option(help: "What it may be used for: infer, observe, admin; may be given several times.")
  var role: [String] = [Role.infer.rawValue]

  func validate() throws {
    guard AccessToken.isName(name) else {
      throw ValidationError("the name is \(name), but must be 1 to 64 letters, digits or any of . _ - @.")
    }
    for role in role where Role(rawValue: role) == nil {
      let names = Role.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--role is \(role), but must be one of \(names).")
    }
  }

  func run() {
    let token = AccessToken.random()
    let roles = role.compactMap(Role.init).reduce(into: Roles()) { $0.insert(Roles($1)) }
    OutputFile.standardError.write("\(token)\n")
    OutputFile.standardOutput.write(
      AccessToken(digest: SHA256Digest(of: Array(token.utf8)), name: name, roles: roles).line + "\n")
  }
}
