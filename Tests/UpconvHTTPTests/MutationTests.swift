import Testing
import UpconvHTTP
import UpconvTestSupport

@Suite struct MutationTests {
  /// Pieces that are likely to be taken for something.
  private static let fragments: [[UInt8]] =
    [
      "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", ";", "0", "-", "FFFFFFFFFFFFFFFF",
      "9223372036854775807", "\"", "\\", ",",
      "%", "%00", "%2e", "..", "?", "&", "=", "chunked", "Content-Length: 3\r\n",
      "Transfer-Encoding: chunked\r\n", "Host: b\r\n",
      "HTTP/1.1", "HTTP/1.0", "http://", "[", "]", "*", "\u{0}", "\u{85}", "OPTIONS",
      "Expect: 100-continue\r\n",
    ].map { Array($0.utf8) } + [[0xFF], [0x80], [0xC0, 0xAF]]

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let index = Int.random(in: bytes.indices, using: &random)
      let end = min(bytes.count, index + Int.random(in: 1...8, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.removeSubrange(index..<end)
      case 2: bytes.insert(contentsOf: bytes[index..<end], at: index)
      case 3: bytes.insert(contentsOf: random.pick(Self.fragments), at: index)
      default: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `Damaged requests are read or refused, the same whether whole or cut`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var limits = HTTPLimits()
    limits.maxContentBytes = 64
    limits.maxTrailerBytes = 48
    limits.maxChunkOverheadBytes = 64
    var refused = 0
    for _ in 0..<5000 {
      var bytes = Array(random.pick(Samples.all).utf8)
      mutate(&bytes, &random)
      // The transcript checks on every step that no more is consumed than was shown.
      let whole = RequestTranscript([bytes], limits: limits)
      let first = Int.random(in: 0...bytes.count, using: &random)
      let second = Int.random(in: first...bytes.count, using: &random)
      let cut = RequestTranscript(
        [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])], limits: limits)
      #expect(cut.entries == whole.entries)
      refused += whole.failure == nil ? 0 : 1
    }
    #expect((1000..<5000).contains(refused))
  }

  @Test func `Damaged field values are read or ignored`() {
    var random = SeededGenerator(seed: 5)
    let values = [
      "text/html;level=1;q=0.7, application/json; charset=\"utf-8\", */*;q=0.1",
      "gzip;q=1.0, identity; q=0.5, *;q=0",
      "a/b;c=\"d\\\"e\"", "\"\\\"\\\"\\\"\"", ",,;=;\",",
    ]
    for _ in 0..<20_000 {
      var bytes = Array(random.pick(values).utf8)
      mutate(&bytes, &random)
      let value = String(decoding: bytes, as: UTF8.self)
      _ = MediaType(value)
      _ = AcceptList([value])
      _ = AcceptEncoding([value])
      _ = ContentCodings([value])
    }
  }
}
