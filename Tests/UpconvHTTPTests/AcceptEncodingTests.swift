import Testing
import UpconvHTTP

@Suite struct AcceptEncodingTests {
  @Test(
    arguments: [
      ([], false, false), ([""], false, false), (["gzip"], true, false), (["GZip, deflate, br"], true, false),
      (["x-gzip"], true, false), (["deflate"], false, false), (["*"], true, false), (["*;q=0"], false, true),
      (["gzip;q=0"], false, false), (["gzip;q=0.000, *"], false, false), (["identity"], false, false),
      (["identity;q=0"], false, true), (["gzip, identity;q=0"], true, true),
      (["gzip;q=0.5, identity"], false, false),
      (["gzip;q=0.5, identity;q=0.5"], true, false), (["gzip;q=0.001"], true, false),
      (["gzip;q=0.5, *;q=0"], true, true),
      (["gzip;q=0.5, *;q=1"], false, false), (["identity;q=0.1, *;q=0"], false, false),
      (["br", "gzip;q=0.2"], true, false),
      (["gzip;q=2"], false, false), (["gzip;q=0.1234"], false, false), (["gzip;x=1"], false, false),
      (["gzip ; q=1.0 , br"], true, false), (["gzip x"], false, false), (["gzip;q=0, x-gzip"], true, false),
      (["deflate;q=\"a,gzip\""], false, false), (["*;q=0, gzip;q=0, identity;q=0"], false, true),
    ] as [([String], Bool, Bool)])
  func `Gzip or plain`(values: [String], prefersGzip: Bool, refusesIdentity: Bool) {
    let accepted = AcceptEncoding(values)
    #expect(accepted.prefersGzip == prefersGzip)
    #expect(accepted.refusesIdentity == refusesIdentity)
  }

  @Test(
    arguments: [
      (["deflate"], true), (["gzip, deflate"], false), (["gzip;q=0.5, deflate"], true), (["deflate;q=0"], false),
      (["deflate;q=0.5, identity"], false), (["deflate, gzip;q=0"], true), (["*"], false), ([], false),
      (["*;q=0.1, deflate"], true), (["identity;q=0, deflate"], true),
    ] as [([String], Bool)])
  func `Deflate only where it is liked better than gzip`(values: [String], prefersDeflate: Bool) {
    let accepted = AcceptEncoding(values)
    #expect(accepted.prefersDeflate == prefersDeflate)
    #expect(!(accepted.prefersGzip && accepted.prefersDeflate))
  }
}
