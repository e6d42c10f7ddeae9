import Testing
import UpconvAccess
import UpconvDigest

@Suite struct TokenTableTests {
  private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  private static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  @Test func `Tokens are found by their digests, with names and roles`() throws {
    let table = try TokenTable(
      """
      # who may do what

      \(TokenTableTests.abc) alice infer
        \(TokenTableTests.empty.uppercased())\tprometheus@ops  observe,admin \r
      """)
    #expect(table.tokens.map(\.name) == ["alice", "prometheus@ops"])
    let alice = try #require(table.token(with: SHA256Digest(of: Array("abc".utf8))))
    #expect(alice.name == "alice")
    #expect(alice.roles == Roles(.infer))
    #expect(table.token(with: SHA256Digest(of: []))?.roles == [Roles(.observe), Roles(.admin)])
    #expect(table.token(with: SHA256Digest(of: Array("abd".utf8))) == nil)
  }

  @Test func `A line that the program makes is read back, and its token found`() throws {
    let token = AccessToken.random()
    #expect(token.utf8.count == 50)
    let digest = SHA256Digest(of: Array(token.utf8))
    let made = AccessToken(digest: digest, name: "x", roles: [Roles(.admin), Roles(.infer)])
    #expect(made.line == "\(digest.hexadecimal) x infer,admin")
    #expect(try TokenTable(made.line + "\n").token(with: digest) == made)
    #expect(AccessToken.random() != token)
  }

  @Test(arguments: [
    ("", TokenFileError.noTokens), ("# nothing\n\n", .noTokens), ("\(abc) alice", .wrongFieldCount(line: 1)),
    ("\(abc) alice infer, observe", .wrongFieldCount(line: 1)), ("\n\(abc) alice infer now", .wrongFieldCount(line: 2)),
    ("secret alice infer", .malformedDigest(line: 1)), ("\(abc)0 alice infer", .malformedDigest(line: 1)),
    ("\(abc) al\u{1B}ice infer", .malformedName(line: 1)), ("\(abc) élise infer", .malformedName(line: 1)),
    ("\(abc) \(String(repeating: "a", count: 65)) infer", .malformedName(line: 1)),
    ("\(abc) alice root", .unknownRole(line: 1)), ("\(abc) alice infer,", .unknownRole(line: 1)),
    ("\(abc) alice Infer", .unknownRole(line: 1)),
    ("\(abc) alice infer\n\(abc.uppercased()) bob infer", .repeatedDigest(line: 2)),
  ])
  func `What is no table says which line, and never what stands there`(text: String, error: TokenFileError) {
    #expect(throws: error) { try TokenTable(text) }
    #expect(!"\(error)".contains("secret"))
  }

  @Test func `There is a limit to the number of tokens`() throws {
    func lines(_ count: Int) -> String {
      (0..<count).map { "\(SHA256Digest(of: Array("\($0)".utf8)).hexadecimal) t\($0) infer" }.joined(separator: "\n")
    }
    #expect(try TokenTable(lines(1000)).tokens.count == 1000)
    #expect(throws: TokenFileError.tooManyTokens) { try TokenTable(lines(1001)) }
  }
}
