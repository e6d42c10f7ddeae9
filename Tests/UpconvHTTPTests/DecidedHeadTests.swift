import Testing
import UpconvHTTP

/// What is kept of a head after the decision on it.
@Suite struct DecidedHeadTests {
  @Test func `Of a large head only what is still asked of it is kept`() throws {
    var fields = HTTPFields()
    for number in 0..<100 { fields.append("x-\(number)", String(repeating: "a", count: 600)) }
    fields.append("origin", "https://a.example")
    fields.append("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    fields.append("authorization", "Bearer short")
    let path = ResourcePath(
      segments: ["v2", "models", "a", "infer"],
      query: [ResourcePath.QueryItem(name: "b", value: String(repeating: "c", count: 8000))])
    let head = RequestHead(
      method: .post, target: .resource(path), version: .http2, fields: fields, framing: .contentLength(3),
      expectsContinue: true)
    let decided = head.decided
    #expect(decided.method == .post)
    #expect(decided.framing == .contentLength(3))
    #expect(decided.expectsContinue)
    #expect(decided.version == .http2)
    #expect(decided.target == .resource(ResourcePath(segments: ["v2", "models", "a", "infer"])))
    #expect(decided.fields.count == 3)
    for name in ["origin", "traceparent", "authorization"] {
      #expect(decided.fields.first(name) == fields.first(name))
    }
  }

  @Test func `A field that is kept is short`() {
    var fields = HTTPFields()
    fields.append("authorization", "Bearer " + String(repeating: "a", count: 60_000))
    let head = RequestHead(method: .get, target: .server, fields: fields)
    #expect(head.decided.fields.count == 0)
  }
}
