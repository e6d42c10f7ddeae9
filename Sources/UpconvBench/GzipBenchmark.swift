package import UpconvCompression
import UpconvTensor

/// Times compression and decompression of one kind of content on one core, in the windows that the service uses,
/// after the way there and back has shown to be right.
package struct GzipBenchmark {
  package enum Content: String, Sendable, CaseIterable {
    /// Little-endian float32 with normal distribution: what a safetensors answer consists of.
    case float32
    /// The same numbers as an array in JSON, in shortest form.
    case json
    /// float32 with many equal ones, as after ReLU and rounding: the negative half is 0, the rest are steps of 1/64.
    case coarse
    /// Zero bytes.
    case zeros
  }

  package struct Result: Sendable {
    package let content: Content
    package let codec: GzipCodec
    package let level: Int32
    package let byteCount: Int
    package let compressedByteCount: Int
    /// 10^6 bytes of content in a second: the median.
    package let deflateMegabytesPerSecond: Double
    package let inflateMegabytesPerSecond: Double

    /// Compressed bytes for each byte of content.
    package var ratio: Double { Double(compressedByteCount) / Double(byteCount) }
  }

  private let bytes: [UInt8]
  private let content: Content

  /// - Parameter elements: numbers in the content; zeros are as many bytes as float32.
  /// - Throws: where that many numbers are no tensor.
  package init(_ content: Content, elements: Int = 1 << 20) throws {
    self.content = content
    var generator = NormalGenerator()
    switch content {
    case .float32: bytes = try generator.tensor([elements]).withElements { Array(UnsafeRawBufferPointer($0)) }
    case .json:
      bytes = try generator.tensor([elements]).withElements { elements in
        var text = Array("[".utf8)
        for element in elements {
          text += "\(element)".utf8
          text.append(UInt8(ascii: ","))
        }
        text[text.count - 1] = UInt8(ascii: "]")
        return text
      }
    case .coarse:
      bytes = try generator.tensor([elements]).withElements { elements in
        elements.map { max(($0 * 64).rounded() / 64, 0) }.withUnsafeBytes { Array($0) }
      }
    case .zeros: bytes = [UInt8](repeating: 0, count: 4 * elements)
    }
  }

  /// - Throws: `InflateError` or `WrongResult` where the content does not come back.
  package func measure(
    _ codec: GzipCodec, level: Int32 = Deflater.defaultLevel, seconds: Double
  ) throws -> Result {
    let file = deflated(codec, level)
    guard try inflated(file, codec).elementsEqual(bytes) else { throw WrongResult(codec: codec, content: content) }
    let deflateSeconds = GzipBenchmark.medianSeconds(within: seconds / 2) { _ = deflated(codec, level) }
    let inflateSeconds = try GzipBenchmark.medianSeconds(within: seconds / 2) {
      try inflate(file, codec) { _ in }
    }
    return Result(
      content: content, codec: codec, level: level, byteCount: bytes.count, compressedByteCount: file.count,
      deflateMegabytesPerSecond: Double(bytes.count) / deflateSeconds / 1e6,
      inflateMegabytesPerSecond: Double(bytes.count) / inflateSeconds / 1e6)
  }

  private static let pieceBytes = 64 << 10

  private func deflated(_ codec: GzipCodec, _ level: Int32) -> [UInt8] {
    var deflater = Deflater(level: level, codec: codec)
    var file: [UInt8] = []
    file.reserveCapacity(bytes.count)
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        deflater.write(UnsafeRawBufferPointer(rebasing: rest.prefix(GzipBenchmark.pieceBytes)), appendingTo: &file)
        rest = rest.dropFirst(GzipBenchmark.pieceBytes)
      }
    }
    deflater.finish(appendingTo: &file)
    return file
  }

  private func inflated(_ file: [UInt8], _ codec: GzipCodec) throws -> [UInt8] {
    var output: [UInt8] = []
    try inflate(file, codec) { output += $0 }
    return output
  }

  private func inflate(
    _ file: [UInt8], _ codec: GzipCodec, into consume: (UnsafeRawBufferPointer) -> Void
  ) throws {
    var inflater = Inflater(format: .gzip, maxOutputBytes: bytes.count, codec: codec)
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: Inflater.windowBytes, alignment: 64)
    defer { window.deallocate() }
    for begin in stride(from: 0, to: file.count, by: GzipBenchmark.pieceBytes) {
      let end = min(begin + GzipBenchmark.pieceBytes, file.count)
      try file.withUnsafeBytes { file in
        var rest = UnsafeRawBufferPointer(rebasing: file[begin..<end])
        while true {
          let count = try inflater.inflate(from: &rest, into: window)
          if count == 0 { return }
          consume(UnsafeRawBufferPointer(rebasing: window.prefix(count)))
        }
      }
    }
    try inflater.finish()
  }

  private static func medianSeconds(within seconds: Double, _ body: () throws -> Void) rethrows -> Double {
    var times: [Double] = []
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while clock.now < end || times.count < 5 {
      let start = clock.now
      try body()
      let (whole, parts) = (clock.now - start).components
      times.append(Double(whole) + Double(parts) / 1e18)
    }
    times.sort()
    return times[times.count / 2]
  }

  package struct WrongResult: Error, CustomStringConvertible {
    let codec: GzipCodec
    let content: Content

    package var description: String { "\(codec) does not give back \(content.rawValue) as it was" }
  }
}
