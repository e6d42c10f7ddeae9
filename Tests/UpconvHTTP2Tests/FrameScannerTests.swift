import Testing

@testable import UpconvHTTP2

/// Frame headers are found wherever reads cut them, and header sections are known to be open or not.
@Suite struct FrameScannerTests {
  private func frame(_ type: UInt8, _ flags: UInt8, _ length: Int) -> [UInt8] {
    [UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags, 0x80, 0xFF, 1, 9]
      + [UInt8](repeating: 0x41, count: length)
  }

  private func headers(_ pieces: [[UInt8]]) -> (found: [FrameScanner.Header], scanner: FrameScanner) {
    var scanner = FrameScanner()
    var found: [FrameScanner.Header] = []
    for piece in pieces { piece.withUnsafeBytes { scanner.scan($0) { found.append($0) } } }
    return (found, scanner)
  }

  @Test func `Headers are the same however the bytes are cut`() {
    let bytes =
      ConnectionPreface.bytes + frame(4, 0, 6) + frame(1, 4, 300) + frame(0, 1, 70_000) + frame(6, 1, 0)
      + frame(0xBE, 0xFF, 1)
    let expected = [
      FrameScanner.Header(length: 6, type: 4, flags: 0), .init(length: 300, type: 1, flags: 4),
      .init(length: 70_000, type: 0, flags: 1), .init(length: 0, type: 6, flags: 1),
      .init(length: 1, type: 0xBE, flags: 0xFF),
    ]
    #expect(headers([bytes]).found == expected)
    #expect(headers(bytes.map { [$0] }).found == expected)
    for size in [2, 7, 24, 33, 1000] {
      let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
      #expect(headers(pieces).found == expected, "\(size)")
    }
  }

  @Test func `A section is open from HEADERS to the last octet of the frame with END_HEADERS`() {
    let start = ConnectionPreface.bytes
    #expect(!headers([start + frame(1, 4, 10)]).scanner.isInSection)
    #expect(headers([start + frame(1, 4, 10).dropLast()]).scanner.isInSection)
    #expect(headers([start + frame(1, 0, 10)]).scanner.isInSection)
    #expect(headers([start + frame(1, 0, 10) + frame(9, 0, 5)]).scanner.isInSection)
    #expect(!headers([start + frame(1, 0, 10) + frame(9, 4, 0)]).scanner.isInSection)
    #expect(headers([start + frame(1, 4, 10) + frame(1, 5, 10).prefix(12)]).scanner.isInSection)
  }

  @Test func `CONTINUATION frames are counted in each section`() {
    let flood = ConnectionPreface.bytes + frame(1, 0, 1) + (0..<20).flatMap { _ in frame(9, 0, 0) }
    #expect(headers([flood]).scanner.mostContinuationFrames == 20)
    // Whatever follows in the same bytes.
    #expect(headers([flood + frame(9, 4, 0) + frame(1, 4, 1)]).scanner.mostContinuationFrames == 21)
    let two = (0..<2).flatMap { _ in frame(1, 0, 1) + frame(9, 0, 1) + frame(9, 4, 1) }
    #expect(headers([ConnectionPreface.bytes + two]).scanner.mostContinuationFrames == 2)
  }
}
