import Testing
import UpconvHTTP

@Suite struct AcceptListTests {
  private static let offers = [
    "application/json", "application/octet-stream", "text/plain;format=flowed", "image/png",
  ]

  @Test(
    arguments: [
      ([], "application/json"),
      ([""], "application/json"),
      (["*/*"], "application/json"),
      (["application/octet-stream"], "application/octet-stream"),
      (["Application/JSON; charset=utf-8"], "application/json"),
      (["image/png, application/octet-stream"], "application/octet-stream"),
      (["application/json;q=0.5, image/png;q=0.51"], "image/png"),
      (["application/json;q=0.500, image/png;Q=0.501"], "image/png"),
      (["application/json;q=0.5", "image/png"], "image/png"),
      (["application/*;q=0.2, application/octet-stream;q=0.3"], "application/octet-stream"),
      (["*/*;q=0.1, application/json;q=0"], "application/octet-stream"),
      (["*/*, application/*;q=0"], "text/plain"),
      (["text/*"], "text/plain"),
      (["text/plain;format=flowed, */*;q=0.9"], "text/plain"),
      (["text/plain;FORMAT=\"Flowed\";q=1, */*;q=0.9"], "text/plain"),
      (["text/plain;format=fixed, image/*;q=0.1"], "image/png"),
      (["text/plain;format=flowed;q=0.3, text/plain;q=0.9, image/png;q=0.4"], "image/png"),
      (["image/png;q=1;ext=\"a,b\", application/json;q=0.9"], "image/png"),
      (["application/json;q=2, image/png;q=0.1"], "image/png"),
      (["application/json;q=0.1234, image/png;q=0.1"], "image/png"),
      (["application/json;q=1.001, image/png;q=0.1"], "image/png"),
      (["application/json;q=-1, image/png;q=0.1"], "image/png"),
      (["application/json;q=, image/png;q=0.1"], "image/png"),
      (["application/json;q=.5, image/png;q=0.1"], "application/json"),
      // Java 8 and 11.
      (["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"], "application/json"),
      (["*;q=.2, image/png;q=.3"], "image/png"),
      (["application/json;q=., image/png;q=.1"], "image/png"),
      (["application/json;q=.1234, image/png;q=.1"], "image/png"),
      (["*x, image/png;q=0.1"], "image/png"),
      (["application/json;q=0.1;q=0.x\", image/png"], "application/json"),
      (["json, */json, image/png;q=0.001"], "image/png"),
      ([",, ,image/png;q=1.000,,"], "image/png"),
      (["image/png;q=1., application/json;q=0."], "image/png"),
      (["application/json x, image/png;q=0.1"], "image/png"),
      (["\"application/json, image/png\", image/png;q=0.1"], "image/png"),
      (["application/json;q=x"], "application/json"),
    ] as [([String], String)])
  func `The best offer is found`(values: [String], best: String) {
    #expect(AcceptList(values).best(of: Self.offers.compactMap(MediaType.init))?.essence == best)
  }

  @Test(arguments: [
    "text/html", "*/*;q=0", "*;q=0", "*;q=.0", "*/*;q=0.000", "video/*", "text/plain;a=b", "application/json;q=0",
  ])
  func `Nothing may be acceptable`(value: String) {
    #expect(AcceptList([value]).best(of: Self.offers.compactMap(MediaType.init)) == nil)
  }

  @Test func `One offer may be asked about`() throws {
    let json = try #require(MediaType("application/json"))
    #expect(AcceptList([]).best(of: [json]) != nil)
    #expect(AcceptList(["application/problem+json, application/*;q=0.1"]).best(of: [json]) != nil)
    #expect(AcceptList(["*/*, application/json;q=0"]).best(of: [json]) == nil)
    #expect(AcceptList(["*/*"]).best(of: []) == nil)
  }
}
