/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed on every machine. All that follows from it
/// uses only operations that IEEE 754 rounds correctly, so weights are the same everywhere too.
struct SplitMix64 {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// In 0..<1, in steps of 2^-53.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// By Marsaglia's polar method, of whose two numbers one is used.
  mutating func normal() -> Double {
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      guard square < 1, square > 0 else { continue }
      return x * (-2 * SplitMix64.logarithm(square) / square).squareRoot()
    }
  }

  /// The natural logarithm of a positive number by its series in (m - 1)/(m + 1): the C library's may differ in the
  /// last bit from version to version.
  static func logarithm(_ x: Double) -> Double {
    var exponent = x.exponent
    var significand = x.significand
    if significand > 1.4142135623730951 {
      significand /= 2
      exponent += 1
    }
    let z = (significand - 1) / (significand + 1)
    let square = z * z
    var sum = 0.0
    // z is at most 0.172: what is left out is below 2^-53 of the sum.
    for odd in stride(from: 23.0, through: 1.0, by: -2.0) { sum = sum * square + 1 / odd }
    return 2 * z * sum + Double(exponent) * 0.6931471805599453
  }
}
