import UpconvCompression

extension GzipCodec {
  /// Inflates `data` given in `pieces`-sized parts through a window of `windowBytes`; everything that came out.
  func inflated(
    _ data: [UInt8], _ format: Inflater.Format = .gzip, pieces: Int = .max, windowBytes: Int = 4096,
    maxOutputBytes: Int = 1 << 20, maxMembers: Int = 1024
  ) throws(InflateError) -> [UInt8] {
    let ends = Array(stride(from: min(pieces, data.count), to: data.count, by: pieces)) + [data.count]
    return try inflated(
      data, format, pieceEnds: ends, windowBytes: windowBytes, maxOutputBytes: maxOutputBytes,
      maxMembers: maxMembers)
  }

  /// Inflates `data` given in parts that end where `pieceEnds` says.
  func inflated(
    _ data: [UInt8], _ format: Inflater.Format = .gzip, pieceEnds: [Int], windowBytes: Int = 4096,
    maxOutputBytes: Int = 1 << 20, maxMembers: Int = 1024
  ) throws(InflateError) -> [UInt8] {
    var inflater = Inflater(format: format, maxOutputBytes: maxOutputBytes, maxMembers: maxMembers, codec: self)
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: windowBytes, alignment: 16)
    defer { window.deallocate() }
    var output: [UInt8] = []
    var begin = 0
    for end in pieceEnds {
      try Array(data[begin..<end]).withBytes { (piece) throws(InflateError) in
        var rest = piece
        while true {
          let count = try inflater.inflate(from: &rest, into: window)
          if count == 0 { break }
          output += window.prefix(count)
        }
      }
      begin = end
    }
    try inflater.finish()
    return output
  }
}

extension [UInt8] {
  /// `withUnsafeBytes` with a typed error, which the standard library's does not have.
  func withBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeBufferPointer { (bytes) throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
  }

  /// `withUnsafeMutableBytes` with a typed error.
  mutating func withMutableBytes<Result, Failure>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeMutableBufferPointer { (bytes) throws(Failure) in try body(UnsafeMutableRawBufferPointer(bytes)) }
  }
}

/// Bytes of a hexadecimal literal.
func hex(_ text: String) -> [UInt8] {
  let digits = text.utf8.map { UInt8($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
