import UpconvCompression
import UpconvTensor

/// gzip: content compressed and decompressed on one core by each codec that this build has, in the windows that the
/// service uses.
struct GzipWireCases {
  private enum Content: String, CaseIterable {
    /// Little-endian float32 with normal distribution: what a safetensors answer consists of.
    case float32
    /// The same numbers as an array in JSON, in shortest form.
    case json
    /// float32 with many equal ones, as after ReLU and rounding: the negative half is 0, the rest are steps of 1/64.
    case coarse
    /// Zero bytes.
    case zeros
  }

  /// Rates count bytes of content, before compression and after decompression.
  static func cases() throws -> [WireCase] {
    try Content.allCases.flatMap { content in
      let gzip = try GzipWireCases(content)
      return try GzipCodec.allCases.flatMap { codec in
        let name = "\(content.rawValue)_\(codec == .zlib ? "zlib" : "isal")"
        let file = gzip.deflated(codec)
        guard try gzip.inflated(file, codec).elementsEqual(gzip.bytes) else {
          throw WireCase.WrongResult(codec: "gzip_\(name)")
        }
        return [
          WireCase(name: "gzip_deflate_\(name)", byteCount: gzip.bytes.count) { _ = gzip.deflated(codec) },
          WireCase(name: "gzip_inflate_\(name)", byteCount: gzip.bytes.count) {
            try gzip.inflate(file, codec) { _ in }
          },
        ]
      }
    }
  }

  private let bytes: [UInt8]

  private init(_ content: Content) throws {
    let elements = 1 << 20
    var generator = NormalGenerator()
    switch content {
    case .float32: bytes = try generator.tensor([elements]).withElements { Array(UnsafeRawBufferPointer($0)) }
    case .json: bytes = JSONWireCases.text(try generator.tensor([elements]))
    case .coarse:
      bytes = try generator.tensor([elements]).withElements { elements in
        elements.map { max(($0 * 64).rounded() / 64, 0) }.withUnsafeBytes { Array($0) }
      }
    case .zeros: bytes = [UInt8](repeating: 0, count: 4 * elements)
    }
  }

  private static let pieceBytes = 64 << 10

  private func deflated(_ codec: GzipCodec) -> [UInt8] {
    var deflater = Deflater(codec: codec)
    var file: [UInt8] = []
    file.reserveCapacity(bytes.count)
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        deflater.write(UnsafeRawBufferPointer(rebasing: rest.prefix(GzipWireCases.pieceBytes)), appendingTo: &file)
        rest = rest.dropFirst(GzipWireCases.pieceBytes)
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
    for begin in stride(from: 0, to: file.count, by: GzipWireCases.pieceBytes) {
      let end = min(begin + GzipWireCases.pieceBytes, file.count)
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
}
