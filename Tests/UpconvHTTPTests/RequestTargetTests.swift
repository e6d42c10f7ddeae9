import Testing
import UpconvHTTP

@Suite struct RequestTargetTests {
  private func head(_ target: String, method: String = "GET", host: String = "a") -> RequestHead? {
    RequestTranscript("\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n").heads.first
  }

  private func path(_ target: String) -> ResourcePath? {
    if case .resource(let path) = head(target)?.target { path } else { nil }
  }

  @Test func `Paths are the same where their segments are`() {
    #expect(path("/a%62/c") == path("/ab/c"))
    #expect(path("/a%2Fb") != path("/a/b"))
    #expect(path("/a%2Fb")?.segments == ["a/b"])
    #expect(path("/a%252Fb")?.segments == ["a%2Fb"])
    #expect(path("/a%252Fb") != path("/a%2Fb"))
    #expect(path("/v2/health/live")?.path == "/v2/health/live")
    #expect(path("/a%2F%25") == ResourcePath(segments: ["a/%"]))
  }

  @Test(
    arguments: [
      ("/", [""]), ("/a", ["a"]), ("/a/", ["a", ""]), ("//a", ["", "a"]),
      ("/v2/health/live", ["v2", "health", "live"]),
      ("/a%2Fb/c", ["a/b", "c"]), ("/a+b", ["a+b"]), ("/%41%C3%A9", ["Aé"]), ("/%252e", ["%2e"]),
      ("/...", ["..."]),
      ("/a:@!$&'()*,;=-._~", ["a:@!$&'()*,;=-._~"]), ("http://h/x", ["x"]), ("HTTPS://h:1/", [""]),
      ("http://h", [""]),
      ("http://h?q", [""]), ("/%3Fa", ["?a"]),
    ] as [(String, [String])])
  func `A path is split, then decoded`(target: String, segments: [String]) {
    #expect(path(target)?.segments == segments)
  }

  @Test(
    arguments: [
      ("/", []), ("/?", []), ("/?a", [["a", ""]]), ("/?a=1&b", [["a", "1"], ["b", ""]]),
      ("/?a=1=2", [["a", "1=2"]]),
      ("/?a+b=c%2Bd+e", [["a b", "c+d e"]]), ("/?a%26b%3D=1", [["a&b=", "1"]]), ("/?&&a&", [["a", ""]]),
      ("/?a=/?", [["a", "/?"]]),
      ("/?x={1}", [["x", "{1}"]]), ("/?x={\"a\":[1,2]}&y", [["x", "{\"a\":[1,2]}"], ["y", ""]]),
      ("/?a|b^`c\\=<d>", [["a|b^`c\\", "<d>"]]),
      ("/?=x", [["", "x"]]), ("/?a[]=1&a[]=2", [["a[]", "1"], ["a[]", "2"]]), ("http://h?a=b", [["a", "b"]]),
    ] as [(String, [[String]])])
  func `A query is split, then decoded`(target: String, items: [[String]]) {
    #expect(path(target)?.query.map { [$0.name, $0.value] } == items)
  }

  @Test func `The asterisk is the server itself, for OPTIONS`() {
    #expect(head("*", method: "OPTIONS")?.target == .server)
    #expect(head("http://h", method: "OPTIONS")?.target == .server)
    #expect(head("http://h/", method: "OPTIONS")?.target == .resource(ResourcePath(segments: [""])))
  }

  @Test func `The authority of an absolute target overrides Host`() {
    #expect(head("http://Other:81/x", host: "a")?.fields.values(of: "host") == ["Other:81"])
    #expect(
      RequestTranscript("GET http://b/ HTTP/1.0\r\n\r\n").heads.first?.fields.values(of: "host") == ["b"])
  }

  @Test(arguments: [
    "a", "a:80", "a:", "127.0.0.1:8000", "[::1]", "[::ffff:1.2.3.4]:65535", "a.b-c_d.example", "%41", "a;b",
  ])
  func `A host is a name or an address, and a port`(host: String) {
    #expect(head("/", host: host)?.fields.values(of: "host") == [host])
  }
}
