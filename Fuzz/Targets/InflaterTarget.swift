import UpconvCompression

/// Each codec gives the same bytes or the same error however the data come and whatever room it has; and both codecs
/// give the same bytes or both refuse.
///
/// One exception, which `Inflater` documents: a Huffman code that leaves codes unused is refused by zlib where it is
/// declared, by ISA-L only where such a code occurs. So zlib may call corrupt what ISA-L reads.
func fuzzInflater(_ input: [UInt8]) {
  for format in [Inflater.Format.gzip, .rawDeflate] {
    let verdicts = GzipCodec.allCases.map { codec in
      let whole = verdict([input[...]], format, codec, windowBytes: 4096)
      for pieces in Cuts.ways(of: input) {
        expectEqual(
          verdict(pieces, format, codec, windowBytes: 1 + pieces.count * 7 % 61), whole, "\(codec), \(format)")
      }
      return whole
    }
    for verdict in verdicts.dropFirst() {
      switch (verdicts[0], verdict) {
      case (.bytes(let one), .bytes(let other)): expectEqual(one, other, "codecs, \(format)")
      case (.failure, .failure), (.failure(.corrupt(detail: "invalid deflate data")), .bytes): break
      default: fatalError("\(format): zlib says \(verdicts[0]), ISA-L \(verdict)")
      }
    }
  }
}

private enum Verdict: Equatable {
  case bytes([UInt8])
  case failure(InflateError)
}

private func verdict(
  _ pieces: [ArraySlice<UInt8>], _ format: Inflater.Format, _ codec: GzipCodec, windowBytes: Int
) -> Verdict {
  var inflater = Inflater(format: format, maxOutputBytes: 1 << 17, maxMembers: 4, codec: codec)
  let window = UnsafeMutableRawBufferPointer.allocate(byteCount: windowBytes, alignment: 1)
  defer { window.deallocate() }
  var output: [UInt8] = []
  do throws(InflateError) {
    for piece in pieces {
      try Cuts.withMemory(piece) { (bytes) throws(InflateError) in
        var rest = bytes
        while true {
          let count = try inflater.inflate(from: &rest, into: window)
          if count == 0 { break }
          output += window.prefix(count)
        }
        guard rest.isEmpty else { fatalError("input was left over") }
      }
    }
    try inflater.finish()
    return .bytes(output)
  } catch {
    return .failure(error)
  }
}
