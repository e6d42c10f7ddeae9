import Testing
import UpconvHTTP

@Suite struct ContentCodingsTests {
  @Test(
    arguments: [
      ([], []), ([""], []), (["gzip"], ["gzip"]), (["X-GZIP"], ["gzip"]),
      (["deflate, GZIP"], ["deflate", "gzip"]),
      (["br", "gzip , ,identity"], ["br", "gzip", "identity"]),
    ] as [([String], [String])])
  func `Codings are listed in their order`(values: [String], names: [String]) {
    #expect(ContentCodings(values)?.names == names)
  }

  @Test(arguments: ["gzip;q=1", "gzip br", "\"gzip\"", "gzip\u{a0}", "é"])
  func `What is no token is refused`(value: String) { #expect(ContentCodings([value]) == nil) }
}
