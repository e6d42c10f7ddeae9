import Testing
import UpconvHTTP

@testable import UpconvAccess

@Suite struct CrossOriginPolicyTests {
  @Test(arguments: [
    "https://app.example", "http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:8080", "https://a.b:444",
    "chrome-extension://abcdefgh", "https://xn--bcher-kva.example",
  ])
  func `An origin is taken as browsers write it`(text: String) {
    #expect(WebOrigin(text)?.text == text)
  }

  @Test(arguments: [
    "*", "null", "", "app.example", "https://", "https://app.example/", "https://App.example", "HTTPS://app.example",
    "https://app.example:443", "http://app.example:80", "https://app.example/path", "https://*.example",
    "https://a b", "https://bücher.example", "https://a\r\nb", "://a", "https://user@a",
  ])
  func `What no browser would send is refused`(text: String) {
    #expect(WebOrigin(text) == nil)
  }

  private func head(_ origins: String..., more: [(String, String)] = []) -> RequestHead {
    var fields = HTTPFields()
    for origin in origins { fields.append("origin", origin) }
    for (name, value) in more { fields.append(name, value) }
    return RequestHead(method: .get, target: .server, fields: fields)
  }

  private let policy = CrossOriginPolicy(["https://a.example", "http://b.example:81"].compactMap { WebOrigin($0) })

  @Test func `Only exactly the same origin is let in`() {
    #expect(policy.allowedOrigin(head("https://a.example").fields) == "https://a.example")
    #expect(policy.allowedOrigin(head("http://b.example:81").fields) == "http://b.example:81")
    for origin in [
      "http://a.example", "https://a.example:444", "https://a.example.evil", "https://evil.a.example", "null", "",
      "https://A.example", "https://a.example/",
    ] {
      #expect(policy.allowedOrigin(head(origin).fields) == nil, "\(origin)")
    }
    #expect(policy.allowedOrigin(head("https://a.example", "https://a.example").fields) == nil)
    #expect(policy.allowedOrigin(head().fields) == nil)
  }

  @Test func `Every answer depends on Origin, and others than known origins get nothing else`() {
    for request in [head(), head("https://evil.example")] {
      let response = policy.opened(Response(status: .ok), to: request)
      #expect(response.fields.fields.map(\.name) == ["vary"])
      #expect(response.fields.first("vary") == "Origin")
    }
    let response = policy.opened(Response(status: .ok), to: head("https://a.example"))
    #expect(response.fields.first("access-control-allow-origin") == "https://a.example")
    #expect(response.fields.first("access-control-expose-headers")?.contains("upconv-shape") == true)
    #expect(response.fields.first("access-control-allow-credentials") == nil)
  }

  @Test func `Only a question of a browser is answered as one`() {
    var plain = Response(status: .noContent)
    policy.answerPreflight(head("https://a.example"), methods: [.post], in: &plain)
    #expect(plain.fields.count == 0)
    var foreign = Response(status: .noContent)
    let asks = [("access-control-request-method", "POST")]
    policy.answerPreflight(head("https://evil.example", more: asks), methods: [.post], in: &foreign)
    #expect(foreign.fields.count == 0)
    var known = Response(status: .noContent)
    policy.answerPreflight(head("https://a.example", more: asks), methods: [.options, .post], in: &known)
    #expect(known.fields.first("access-control-allow-methods") == "OPTIONS, POST")
    #expect(known.fields.first("access-control-allow-headers")?.contains("authorization") == true)
  }
}
