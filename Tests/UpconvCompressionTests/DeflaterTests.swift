import Glibc
import Testing
import UpconvCompression
import UpconvTestSupport

@Suite struct DeflaterTests {
  @Test(arguments: GzipCodec.allCases, [Int32(0), 1, 3, 6, 9, -3, 99])
  func `what is compressed at any level comes back`(codec: GzipCodec, level: Int32) throws {
    var random = SeededGenerator(seed: 2)
    let content = (0..<200_000).map { $0 < 100_000 ? UInt8($0 / 1000) : .random(in: 0...255, using: &random) }
    #expect(
      try codec.inflated(Deflater.gzip(content, level: level, codec: codec), windowBytes: Inflater.windowBytes)
        == content)
  }

  @Test(arguments: GzipCodec.allCases)
  func `no content is a member of no content`(codec: GzipCodec) throws {
    let file = Deflater.gzip([], codec: codec)
    #expect(file.prefix(3) == [0x1F, 0x8B, 8])
    #expect(try codec.inflated(file) == [])
  }

  @Test(arguments: GzipCodec.allCases)
  func `equal content gives equal bytes, without name or time`(codec: GzipCodec) {
    let file = Deflater.gzip([1, 2, 3], codec: codec)
    #expect(file[3..<8] == [0, 0, 0, 0, 0])
    #expect(file == Deflater.gzip([1, 2, 3], codec: codec))
  }

  @Test(arguments: GzipCodec.allCases)
  func `pieces of any size and rooms of any size give what came in`(codec: GzipCodec) throws {
    let content = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 4) }
    for (pieceBytes, roomBytes) in [(1, 1), (7, 3), (5000, 1), (1, 5000), (640, 64)] {
      var deflater = Deflater(codec: codec)
      var room = [UInt8](repeating: 0, count: roomBytes)
      var file: [UInt8] = []
      var begin = 0
      while !deflater.isFinished {
        let end = min(begin + pieceBytes, content.count)
        content[begin..<end].withUnsafeBytes { piece in
          var rest = piece
          var count = roomBytes
          while count == roomBytes {
            count = room.withUnsafeMutableBytes {
              deflater.deflate(from: &rest, into: $0, isLast: end == content.count)
            }
            file += room.prefix(count)
          }
          #expect(rest.isEmpty)
        }
        begin = end
      }
      #expect(try codec.inflated(file) == content)
    }
  }

  @Test(.enabled(if: access("/usr/bin/gzip", X_OK) == 0), arguments: GzipCodec.allCases)
  func `the gzip tool reads what is written`(codec: GzipCodec) {
    let content = Array(String(repeating: "upconv ", count: 1000).utf8)
    var path = Array("/tmp/upconv-deflater-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    defer { unlink(path) }
    let file = Deflater.gzip(content, codec: codec)
    #expect(write(descriptor, file, file.count) == file.count)
    close(descriptor)
    let command = "/usr/bin/gzip -dc < \(String(decoding: path.dropLast().map(UInt8.init), as: UTF8.self))"
    guard let pipe = popen(command, "r") else {
      Issue.record("gzip does not start")
      return
    }
    var output = [UInt8](repeating: 0, count: content.count + 1)
    let count = fread(&output, 1, output.count, pipe)
    #expect(pclose(pipe) == 0)
    #expect(Array(output.prefix(count)) == content)
  }
}

@Suite struct CRC32Tests {
  @Test func `the check value of the digits is the published one`() {
    var whole = CRC32()
    Array("123456789".utf8).withUnsafeBytes { whole.update($0) }
    #expect(whole.value == 0xCBF4_3926)
  }

  @Test func `pieces give the value of the whole and empty ones change nothing`() {
    var pieces = CRC32()
    #expect(pieces.value == 0)
    for byte in "123456789".utf8 {
      [byte].withUnsafeBytes { pieces.update($0) }
      pieces.update(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    #expect(pieces.value == 0xCBF4_3926)
  }
}

/// Zlib's frame around the same data.
@Suite struct ZlibDeflaterTests {
  @Test(arguments: GzipCodec.allCases, [0, 1, 7, 1000, 300_000])
  func `Content in pieces, with flushes, is read back from zlib's frame`(codec: GzipCodec, count: Int) throws {
    let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) }
    var deflater = ZlibDeflater(codec: codec)
    var output: [UInt8] = []
    for start in stride(from: 0, to: count, by: 977) {
      content[start..<min(start + 977, count)].withUnsafeBytes { deflater.write($0, appendingTo: &output) }
      if start % 5 == 0 { deflater.flush(appendingTo: &output) }
    }
    deflater.finish(appendingTo: &output)
    let isFinished = deflater.isFinished
    #expect(isFinished)
    #expect(try inflate(output, .zlib) == content)
    #expect(try inflate(ZlibDeflater.zlib(content, codec: codec), .zlib) == content)
  }

  private func inflate(_ bytes: [UInt8], _ format: Inflater.Format) throws -> [UInt8] {
    var inflater = Inflater(format: format, maxOutputBytes: 1 << 24)
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: Inflater.windowBytes, alignment: 64)
    defer { window.deallocate() }
    var plain: [UInt8] = []
    try bytes.withUnsafeBytes { bytes in
      var rest = bytes
      while true {
        let count = try inflater.inflate(from: &rest, into: window)
        if count == 0 { return }
        plain += window.prefix(count)
      }
    }
    try inflater.finish()
    return plain
  }
}
