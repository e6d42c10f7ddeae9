import Testing
import UpconvHTTP

@testable import UpconvAccess

@Suite struct BearerCredentialsTests {
  private func read(_ values: String...) throws -> BearerCredentials? {
    var fields = HTTPFields()
    for value in values { fields.append("authorization", value) }
    return try BearerCredentials(fields)
  }

  @Test(arguments: ["Bearer abc", "bearer abc", "BEARER   abc"])
  func `The scheme has no case, and any number of spaces behind it`(value: String) throws {
    #expect(try read(value)?.token == Array("abc".utf8))
  }

  @Test(arguments: ["a", "A-Z.a_z~0+9/", "abc=", "abc=="])
  func `Every character that RFC 6750 allows is taken`(token: String) throws {
    #expect(try read("Bearer \(token)")?.token == Array(token.utf8))
  }

  @Test func `Nothing, and other schemes, are no token`() throws {
    #expect(try read() == nil)
    for value in ["", "Basic dTpw", "Bearerabc", "Digest x", "Bear er"] { #expect(try read(value) == nil, "\(value)") }
  }

  @Test(arguments: [
    "Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer =", "Bearer a=b", "Bearer \"abc\"", "Bearer é",
    "Bearer a\tb", "Bearer " + String(repeating: "a", count: 1025),
  ])
  func `What is no token is malformed`(value: String) {
    #expect(throws: AccessError.malformedToken) { try read(value) }
  }

  @Test func `Two of them are not chosen between`() {
    #expect(throws: AccessError.repeatedCredentials) { try read("Bearer a", "Bearer a") }
  }
}
