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

@Suite struct SHA256Tests {
  private func hex(_ message: [UInt8]) -> String {
    SHA256.digest(message).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test func `The published examples come out`() {
    // NIST, Cryptographic Standards and Guidelines: example values.
    #expect(hex([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(hex(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hex(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      hex([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func `Every length around the end of a block is padded rightly`() {
    // Of 55, 56, 63, 64 and 65 zeros; by sha256sum.
    let digests = [
      55: "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7",
      56: "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb",
      63: "c7723fa1e0127975e49e62e753db53924c1bd84b8ac1ac08df78d09270f3d971",
      64: "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b",
      65: "98ce42deef51d40269d542f5314bef2c7468d401ad5d85168bfab4c0108f75f7",
    ]
    for (count, digest) in digests { #expect(hex([UInt8](repeating: 0, count: count)) == digest, "\(count)") }
  }
}

extension String {
  /// The pieces between occurrences of `separator`.
  fileprivate func components(_ separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
