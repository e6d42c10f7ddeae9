import Glibc
import UpconvTensor

/// Normally distributed numbers, the same in every run.
struct NormalGenerator {
  // SplitMix64 (Steele, Lea, Flood 2014).
  private var state: UInt64 = 1

  private mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return (Double((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53
  }

  /// By Box and Muller.
  mutating func tensor(_ dimensions: [Int]) throws -> Tensor {
    let shape = try Shape(dimensions, limits: TensorLimits())
    var numbers = [Float](repeating: 0, count: shape.elementCount)
    for index in stride(from: 0, to: numbers.count, by: 2) {
      let radius = (-2 * log(uniform())).squareRoot()
      let angle = 2 * Double.pi * uniform()
      numbers[index] = Float(radius * cos(angle))
      if index + 1 < numbers.count { numbers[index + 1] = Float(radius * sin(angle)) }
    }
    return Tensor.filled(shape: shape) { _ = $0.update(fromContentsOf: numbers) }
  }
}
