import Testing
import UpconvCompression
import UpconvHTTP

@testable import UpconvPage

@Suite struct PageTests {
  private func response(_ fields: (String, String)..., page: Page = .shared) -> Response {
    var head = HTTPFields()
    for (name, value) in fields { head.append(name, value) }
    return page.response(
      to: RequestHead(method: .get, target: .resource(ResourcePath(segments: [""])), fields: head))
  }

  private func bytes(_ response: Response) -> [UInt8] {
    guard case .bytes(let bytes) = response.content else { return [] }
    return bytes
  }

  private var html: String { String(decoding: Page.shared.html, as: UTF8.self) }

  private func inside(_ element: String) throws -> String {
    let parts = html.components("<\(element)>")
    try #require(parts.count == 2)
    return parts[1].components("</\(element)>")[0]
  }

  @Test func `It is one file with its style and script in it`() throws {
    #expect(html.hasPrefix("<!doctype html>"))
    #expect(try inside("style").contains("color-scheme"))
    #expect(try inside("script").hasPrefix("\"use strict\";"))
    #expect(try inside("script").contains("server.schedule();"))
  }

  @Test func `It loads nothing from elsewhere, and nothing in it needs what its policy forbids`() throws {
    let markup = html.components("<style>")[0] + html.components("</style>")[1].components("<script>")[0]
    for forbidden in [" style=", " onclick=", " onload=", "<link rel=\"stylesheet", " src=", "javascript:", "<base"] {
      #expect(!markup.contains(forbidden), "\(forbidden)")
    }
    for forbidden in ["eval(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "new Function"] {
      #expect(try !inside("script").contains(forbidden), "\(forbidden)")
    }
    for forbidden in ["url(", "@import", "@font-face"] {
      #expect(try !inside("style").contains(forbidden), "\(forbidden)")
    }
    // The name of SVG's language is no address that is asked.
    let addresses = html.components("http").dropFirst().filter { $0.hasPrefix("://") || $0.hasPrefix("s://") }
    #expect(addresses.allSatisfy { $0.hasPrefix("://www.w3.org/2000/svg") })
  }

  @Test func `Its policy allows its own script and style alone, by their hashes`() throws {
    let page = Page(
      frame: Array("<style></style><script></script>".utf8), style: Array("abc".utf8), script: Array("".utf8))
    let policy = try #require(response(page: page).fields.first("content-security-policy"))
    // FIPS 180-4's own examples.
    #expect(policy.contains("style-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='"))
    #expect(policy.contains("script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"))
    #expect(policy.hasPrefix("default-src 'none'; "))
    #expect(!policy.contains("unsafe"))
    #expect(String(decoding: page.html, as: UTF8.self) == "<style>abc</style><script></script>")
  }

  @Test func `It is never guessed at, framed or told of`() {
    let fields = response().fields
    #expect(fields.first("content-type") == "text/html; charset=utf-8")
    #expect(fields.first("x-content-type-options") == "nosniff")
    #expect(fields.first("referrer-policy") == "no-referrer")
    #expect(fields.first("content-security-policy")?.contains("frame-ancestors 'none'") == true)
  }

  @Test func `Clients that like gzip get it, with a tag of its own`() throws {
    let (plain, packed) = (response(), response(("accept-encoding", "gzip, deflate, br")))
    #expect(packed.fields.first("content-encoding") == "gzip")
    #expect(plain.fields.first("content-encoding") == nil)
    #expect(bytes(packed).count < bytes(plain).count / 2)
    #expect(plain.fields.first("etag") != packed.fields.first("etag"))
    #expect(plain.fields.first("vary") == "Accept-Encoding")
    var inflater = Inflater(format: .gzip, maxOutputBytes: 1 << 22)
    var output = [UInt8](repeating: 0, count: 1 << 22)
    let count = try bytes(packed).withUnsafeBytes { input in
      var rest = input
      return try output.withUnsafeMutableBytes { try inflater.inflate(from: &rest, into: $0) }
    }
    #expect(Array(output[..<count]) == Page.shared.html)
  }

  @Test func `Who wants another one only is told so`() throws {
    let tag = try #require(response().fields.first("etag"))
    for value in [tag, "*", "\"other\", \(tag)"] {
      #expect(response(("if-match", value)).status.code == 200, "\(value)")
    }
    // Weak tags never match here (RFC 9110 §13.1.1).
    for value in ["\"other\"", "W/\(tag)", ""] {
      let answer = response(("if-match", value), ("if-none-match", tag))
      #expect(answer.status.code == 412, "\(value)")
      #expect(bytes(answer).isEmpty)
    }
    #expect(response(("if-match", tag), ("if-none-match", tag)).status.code == 304)
    #expect(response(("if-match", tag), ("accept-encoding", "gzip")).status.code == 412)
  }

  @Test func `Who has it is told so`() throws {
    let tag = try #require(response().fields.first("etag"))
    for value in [tag, "W/\(tag)", "\"other\", \(tag)", " \"a\" ,W/\(tag) , \"b\"", "*"] {
      let answer = response(("if-none-match", value))
      #expect(answer.status.code == 304, "\(value)")
      #expect(bytes(answer).isEmpty)
      #expect(answer.fields.first("etag") == tag)
      #expect(answer.fields.first("content-security-policy") != nil)
    }
    for value in ["\"other\"", "", String(tag.dropLast()), "x\(tag)"] {
      #expect(response(("if-none-match", value)).status.code == 200, "\(value)")
    }
    #expect(response(("if-none-match", tag), ("accept-encoding", "gzip")).status.code == 200)
  }
}

extension String {
  /// The pieces between occurrences of `separator`.
  fileprivate func components(_ separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
