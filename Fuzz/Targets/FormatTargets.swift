import UpconvFormats
import UpconvTensor

// The readers of tensor containers: the same tensors to the bit, or the same error, however the bytes come.

func fuzzSafetensorsReader(_ input: [UInt8]) {
  expectSame(input) { (pieces) throws(SafetensorsError) in
    var reader = SafetensorsReader(limits: limits)
    for piece in pieces {
      try Cuts.withMemory(piece) { (bytes) throws(SafetensorsError) in try reader.read(bytes) }
    }
    return text(of: try reader.finish())
  }
}

func fuzzNpyReader(_ input: [UInt8]) {
  expectSame(input) { (pieces) throws(NpyError) in
    var reader = NpyReader(limits: limits)
    for piece in pieces {
      try Cuts.withMemory(piece) { (bytes) throws(NpyError) in try reader.read(bytes) }
    }
    return text(of: try reader.finish())
  }
}

func fuzzNpzReader(_ input: [UInt8]) {
  expectSame(input) { (pieces) throws(NpzError) in
    var reader = NpzReader(limits: limits)
    for piece in pieces {
      try Cuts.withMemory(piece) { (bytes) throws(NpzError) in try reader.read(bytes) }
    }
    return text(of: try reader.finish())
  }
}

private let limits = FormatLimits(
  maxHeaderBytes: 4096, maxEntries: 16, maxInflatedBytes: 1 << 16, maxBodyBytes: 1 << 14,
  tensor: TensorLimits(maxElements: 1 << 14, maxRank: 8))

private func expectSame<Failure: Error & Equatable & CustomStringConvertible>(
  _ input: [UInt8], _ read: ([ArraySlice<UInt8>]) throws(Failure) -> String
) {
  func outcome(_ pieces: [ArraySlice<UInt8>]) -> Result<String, Failure> {
    do throws(Failure) { return .success(try read(pieces)) } catch {
      // Every error has a sentence.
      _ = error.description
      return .failure(error)
    }
  }
  let whole = outcome([input[...]])
  for pieces in Cuts.ways(of: input) { expectEqual(outcome(pieces), whole, "pieces \(pieces.map(\.count))") }
}

private func text(of tensor: Tensor) -> String { "\(tensor.shape)<\(tensor.elements.map(\.bitPattern))>" }

private func text(of bundle: TensorBundle) -> String {
  bundle.tensors.map { "\($0.name):\(text(of: $0.tensor)) " }.joined()
    + bundle.metadata.map { "\($0.name)=\($0.value) " }.joined()
}
