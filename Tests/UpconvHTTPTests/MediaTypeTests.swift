import Testing
import UpconvHTTP

extension MediaType {
  fileprivate func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }
}

@Suite struct MediaTypeTests {
  @Test func `A media type has no case, its parameters may be quoted`() throws {
    let type = try #require(MediaType(" Application/JSON ; Charset=\"utf\\-8\";a=B ;; "))
    #expect(type.essence == "application/json")
    #expect(type.type == "application")
    #expect(type.subtype == "json")
    #expect(type.parameter("charset") == "utf-8")
    #expect(type.parameter("a") == "B")
    #expect(type.parameter("b") == nil)
    #expect(type.parameters.count == 2)
  }

  @Test func `A quoted value may hold what would end it`() {
    #expect(MediaType("a/b; c=\"; d=1, \\\"\"")?.parameters.map(\.value) == ["; d=1, \""])
    #expect(MediaType("multipart/form-data; boundary=\"\"")?.parameter("boundary") == "")
  }

  @Test(arguments: [
    "", "json", "a/", "/b", "a /b", "a/ b", "a/b c", "a/b;c", "a/b;c=", "a/b;c =d", "a/b; c= d", "a/b;c=\"d",
    "a/b;c=\"d\"e",
    "a/b;=d", "a/b, c/d", "a/b/c", "é/b", "a/b;c=\"\u{0}\"", "a/b;c=\"\\",
  ])
  func `Anything else is none`(value: String) { #expect(MediaType(value) == nil) }
}
