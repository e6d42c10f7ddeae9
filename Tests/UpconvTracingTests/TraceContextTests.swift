import Testing
import UpconvTracing

@Suite struct TraceContextTests {
  static let trace = "0af7651916cd43dd8448eb211c80319c"
  static let span = "b7ad6b7169203331"

  @Test func `A traceparent is read`() throws {
    let context = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01"))
    #expect(context.traceIdentity.first == 0x0A)
    #expect(context.traceIdentity.count == 16)
    #expect(context.parentSpan == [0xB7, 0xAD, 0x6B, 0x71, 0x69, 0x20, 0x33, 0x31])
    #expect(context.isSampled)
    #expect(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-00")?.isSampled == false)
    // A later version may say more behind a hyphen.
    #expect(TraceContext(traceparent: "01-\(Self.trace)-\(Self.span)-01-more") != nil)
  }

  @Test(arguments: [
    "", "00", "00-\(trace)-\(span)", "ff-\(trace)-\(span)-01", "00-\(trace)-\(span)-01-more",
    "00-\(trace.uppercased())-\(span)-01", "00-00000000000000000000000000000000-\(span)-01",
    "00-\(trace)-0000000000000000-01", "00-\(trace)x\(span)-01", "01-\(trace)-\(span)-01more",
    "00-\(trace)-\(span)-0g", "00_\(trace)-\(span)-01",
  ])
  func `Anything else is passed over`(value: String) { #expect(TraceContext(traceparent: value) == nil) }
}
