import Testing
import UpconvCompression
import UpconvTestSupport

/// What one codec makes of some bytes.
private typealias Verdict = Result<[UInt8], InflateError>

@Suite struct CodecAgreementTests {
  @Test(arguments: GzipCodec.allCases, [Int32(1), 3, 9])
  func `each codec reads what each codec writes, however it is cut`(writer: GzipCodec, level: Int32) throws {
    var random = SeededGenerator(seed: 3)
    for content in CodecAgreementTests.contents {
      let file = writer.gzip(content, level: level, pieceBytes: .random(in: 1...70_000, using: &random))
      for reader in GzipCodec.allCases {
        #expect(try reader.inflated(file, windowBytes: Inflater.windowBytes) == content)
        #expect(
          try reader.inflated(
            file, pieces: .random(in: 1...5000, using: &random), windowBytes: .random(in: 1...5000, using: &random))
            == content)
      }
    }
  }

  @Test(arguments: GzipCodec.allCases)
  func `equal pieces give equal bytes, whatever was in the memory`(codec: GzipCodec) {
    for content in CodecAgreementTests.contents {
      let file = codec.gzip(content, pieceBytes: 65_536)
      // Memory that was just given back comes first when the same size is asked for again.
      _ = codec.gzip(content.reversed(), pieceBytes: 65_536)
      #expect(codec.gzip(content, pieceBytes: 65_536) == file)
    }
  }

  @Test(arguments: GzipCodec.allCases)
  func `a flush lets a reader have all so far`(codec: GzipCodec) throws {
    let content = CodecAgreementTests.contents[1]
    var deflater = Deflater(codec: codec)
    var file: [UInt8] = []
    var taken = 0
    for end in [1, 2, 70_000, 70_000, content.count] {
      content[taken..<end].withUnsafeBytes { deflater.write($0, appendingTo: &file) }
      deflater.flush(appendingTo: &file)
      taken = end
      for reader in GzipCodec.allCases {
        #expect(try reader.unfinished(file).elementsEqual(content.prefix(end)))
      }
    }
    deflater.finish(appendingTo: &file)
    #expect(try codec.inflated(file) == content)
  }

  @Test func `mutated files end alike with every codec, however they are cut`() {
    var random = SeededGenerator(seed: 4)
    // Short ones, where a fault is near all else, and long ones, where what is decoded outgrows its buffers.
    let originals = CodecAgreementTests.contents.flatMap { [Array($0.prefix(20_000)), Array($0.prefix(140_000))] }
    let files = originals.flatMap { content in
      [Int32(1), 9].map { (content, GzipCodec.zlib.gzip(content, level: $0, pieceBytes: 20_000)) }
    }
    var exceptions = 0
    for round in 0..<4_000 {
      var (content, file) = files[round % files.count]
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        // Faults near the beginning hit the header and the first block's codes.
        let index = Int.random(in: 0..<(round % 3 == 0 ? min(file.count, 200) : file.count), using: &random)
        switch round % 10 {
        case 0: file.remove(at: index)
        case 1: file.removeSubrange(max(index, 1)...)
        default: file[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
      }
      let pieces = Int.random(in: 1...5000, using: &random)
      let windowBytes = Int.random(in: 1...5000, using: &random)
      let verdicts = GzipCodec.allCases.map { codec in
        let whole = Verdict { () throws(InflateError) in try codec.inflated(file, maxOutputBytes: content.count + 100) }
        let cut = Verdict { () throws(InflateError) in
          try codec.inflated(file, pieces: pieces, windowBytes: windowBytes, maxOutputBytes: content.count + 100)
        }
        #expect(cut == whole, "\(codec), round \(round)")
        return whole
      }
      // Only faults in a block's header may be told in two ways: a Huffman code that has unused codes is one to zlib
      // alone, and where the data end inside the header the two do not look equally far.
      for verdict in verdicts.dropFirst() where verdict != verdicts[0] {
        exceptions += 1
        let invalid = Verdict.failure(.corrupt(detail: "invalid deflate data"))
        #expect(verdicts[0] == invalid || verdicts[0] == .failure(.truncated) && verdict == invalid, "round \(round)")
        #expect((try? verdict.get()).map { $0 == content } ?? true, "round \(round)")
      }
    }
    #expect(exceptions < 10)
  }

  /// Of each kind of block that an encoder makes: none, stored, fixed and dynamic codes; short and long copies.
  static let contents: [[UInt8]] = {
    var random = SeededGenerator(seed: 5)
    let noise = (0..<150_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let digits = (0..<150_000).map { _ in UInt8.random(in: 0x30...0x39, using: &random) }
    let floats = (0..<40_000).flatMap { _ in
      withUnsafeBytes(of: Float.random(in: -1...1, using: &random).bitPattern.littleEndian) { Array($0) }
    }
    let periodic = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 % 4099 &* 31) }
    return [
      [], digits, noise, floats, periodic, [UInt8](repeating: 0, count: 300_000), [7],
      Array("{\"shape\":[1],\"data\":[0.5]}".utf8), digits.prefix(40_000) + noise.prefix(70_000) + digits,
    ]
  }()
}

extension GzipCodec {
  /// What comes out of `data`, which may end anywhere.
  func unfinished(_ data: [UInt8]) throws(InflateError) -> [UInt8] {
    var inflater = Inflater(format: .gzip, maxOutputBytes: 1 << 20, codec: self)
    var output = [UInt8](repeating: 0, count: 1 << 20)
    let count = try data.withBytes { (bytes) throws(InflateError) in
      var rest = bytes
      return try output.withMutableBytes { (room) throws(InflateError) in try inflater.inflate(from: &rest, into: room)
      }
    }
    return Array(output.prefix(count))
  }

  /// `content`, written in pieces of `pieceBytes`, as one member.
  func gzip(_ content: [UInt8], level: Int32 = Deflater.defaultLevel, pieceBytes: Int) -> [UInt8] {
    var deflater = Deflater(level: level, codec: self)
    var file: [UInt8] = []
    for begin in stride(from: 0, to: content.count, by: pieceBytes) {
      content[begin..<min(begin + pieceBytes, content.count)].withUnsafeBytes {
        deflater.write($0, appendingTo: &file)
      }
    }
    deflater.finish(appendingTo: &file)
    return file
  }
}
