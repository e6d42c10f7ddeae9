import Testing
import UpconvHTTP2

@Suite struct ConnectionPrefaceTests {
  @Test func `Every beginning of the preface may become one, and nothing else may`() {
    let preface = ConnectionPreface.bytes
    #expect(preface.count == 24)
    for count in 0..<preface.count {
      #expect(ConnectionPreface.match(preface.prefix(count)) == .partial)
      var other = Array(preface.prefix(count + 1))
      other[count] ^= 0x20
      #expect(ConnectionPreface.match(other) == .none)
      #expect(ConnectionPreface.match(other + preface) == .none)
    }
    #expect(ConnectionPreface.match(preface) == .whole)
    #expect(ConnectionPreface.match(preface + [0, 0, 0, 4]) == .whole)
    #expect(ConnectionPreface.match(Array("POST / HTTP/1.1".utf8)) == .none)
  }
}
