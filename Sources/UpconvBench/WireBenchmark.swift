package import UpconvTensor

/// Times the codecs of the wire, each after it has shown to be right. A codec is a file beside this one, which adds
/// its cases to `cases`.
package struct WireBenchmark {
  package struct Result: Sendable {
    package let name: String
    /// Bytes on the wire.
    package let byteCount: Int
    package let medianMicroseconds: Double

    /// 10^6 bytes of the wire a second.
    package var megabytesPerSecond: Double { Double(byteCount) / medianMicroseconds }
  }

  private let cases: [WireCase]

  /// - Parameter numbers: what the tensor codecs carry; `WireBenchmark.normalNumbers` where nothing else is asked for.
  /// - Throws: `WireCase.WrongResult` where a codec does not give back what it got.
  package init(_ numbers: Tensor) throws {
    cases =
      try JSONWireCases.cases(numbers) + GzipWireCases.cases() + RequestHeadWireCases.cases()
  }

  /// A million normally distributed numbers.
  package static func normalNumbers() throws -> Tensor {
    var generator = NormalGenerator()
    return try generator.tensor([1_000_000])
  }

  package var names: [String] { cases.map(\.name) }

  /// Times the case of this name; nil if there is none.
  package func measure(_ name: String, seconds: Double) throws -> Result? {
    guard let found = cases.first(where: { $0.name == name }) else { return nil }
    for _ in 0..<2 { try found.run() }
    let median = try MedianTime.microseconds(seconds: seconds, found.run)
    return Result(name: name, byteCount: found.byteCount, medianMicroseconds: median)
  }
}
