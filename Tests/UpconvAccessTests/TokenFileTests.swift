import Glibc
import Testing

@testable import UpconvAccess

@Suite struct TokenFileTests {
  private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  /// A file with this text, and its path.
  private func withFile(_ text: String, mode: mode_t = 0o600, _ body: (String) throws -> Void) throws {
    var name = Array("/tmp/upconv-tokens-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    try #require(descriptor >= 0)
    let path = name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    defer { unlink(path) }
    _ = Glibc.write(descriptor, text, text.utf8.count)
    fchmod(descriptor, mode)
    close(descriptor)
    try body(path)
  }

  private func write(_ text: String, to path: String) throws {
    let file = try #require(fopen(path, "w"))
    fputs(text, file)
    fclose(file)
  }

  @Test func `A file is read, and read again`() throws {
    try withFile("\(TokenFileTests.abc) alice infer\n") { path in
      let file = try TokenFile(path: path)
      #expect(file.token(Array("abc".utf8))?.name == "alice")
      try write("\(TokenFileTests.abc) bob observe\n", to: path)
      #expect(file.token(Array("abc".utf8))?.name == "alice")
      #expect(try file.reload() == 1)
      #expect(file.token(Array("abc".utf8))?.name == "bob")
    }
  }

  @Test func `A bad file keeps the tokens from before`() throws {
    try withFile("\(TokenFileTests.abc) alice infer\n") { path in
      let file = try TokenFile(path: path)
      try write("\(TokenFileTests.abc) bob root\n", to: path)
      #expect(throws: TokenFileError.unknownRole(line: 1)) { try file.reload() }
      unlink(path)
      #expect(throws: TokenFileError.unreadable(reason: "No such file or directory")) { try file.reload() }
      #expect(file.token(Array("abc".utf8))?.name == "alice")
    }
  }

  @Test(arguments: [0o604, 0o644, 0o640 | 0o002, 0o620, 0o601] as [mode_t])
  func `A file that others may read or change is not taken`(mode: mode_t) throws {
    try withFile("\(TokenFileTests.abc) alice infer\n", mode: mode) { path in
      #expect(throws: TokenFileError.exposed(mode: UInt32(mode))) { try TokenFile(path: path) }
      #expect("\(TokenFileError.exposed(mode: UInt32(mode)))".contains("0" + String(mode, radix: 8)))
    }
  }

  @Test(arguments: [0o400, 0o600, 0o440, 0o640] as [mode_t])
  func `One that its owner reads, and at most its group, is`(mode: mode_t) throws {
    try withFile("\(TokenFileTests.abc) alice infer\n", mode: mode) { path in
      let file = try TokenFile(path: path)
      #expect(file.token(Array("abc".utf8)) != nil)
    }
  }

  @Test func `What is no file of text is not taken`() throws {
    #expect(throws: TokenFileError.notAFile) { try TokenFile(path: "/dev/null") }
    #expect(throws: TokenFileError.notAFile) { try TokenFile(path: "/tmp") }
    try withFile(String(repeating: "#\n", count: 600_000)) { path in
      #expect(throws: TokenFileError.tooLarge(maxBytes: 1 << 20)) { try TokenFile(path: path) }
    }
    try withFile("") { path in
      let file = try #require(fopen(path, "w"))
      fputc(0xFF, file)
      fclose(file)
      #expect(throws: TokenFileError.notUTF8) { try TokenFile(path: path) }
    }
  }
}
