import Glibc

/// What is applied to each output element as it is stored.
package enum Activation: Sendable, Hashable {
  case linear
  case relu
  /// `x` where `x >= 0`, else `alpha * x`.
  case leakyReLU(alpha: Float)
  case sigmoid
  case tanh
  /// `x` where `x > threshold`, but at most `largest`; else `slope * (x - threshold)`. Keras's ReLU layer; `relu6` is
  /// one.
  case clippedReLU(slope: Float, threshold: Float, largest: Float)
  /// `x` where `x > 0`, else `alpha * (exp(x) - 1)`.
  case elu(alpha: Float)
  /// ELU with the constants of Klambauer et al. 2017, which keep mean 0 and variance 1.
  case selu
  /// `x * Φ(x)` with the normal distribution's Φ.
  case gelu
  /// The same with Φ approximated by a tanh (Hendrycks, Gimpel 2016).
  case approximateGELU
  /// `x * sigmoid(x)`; also called swish.
  case silu
  /// `log(1 + exp(x))`
  case softplus
  /// `x / (1 + |x|)`
  case softsign
  case exponential
  /// `slope * x + 0.5`, from 0 to 1.
  case hardSigmoid(slope: Float)

  /// TensorFlow's default slope (`tf.nn.leaky_relu`).
  package static let defaultAlpha: Float = 0.2

  /// The names a request may use.
  package static let names = ["linear", "relu", "leaky_relu", "sigmoid", "tanh"]

  // Comparisons are written so that a NaN stays a NaN.
  @inline(__always)
  func callAsFunction(_ x: Float) -> Float {
    switch self {
    case .linear: x
    case .relu: x < 0 ? 0 : x
    case .leakyReLU(let alpha): x < 0 ? alpha * x : x
    case .sigmoid: 1 / (1 + expf(-x))
    case .tanh: tanhf(x)
    case .clippedReLU(let slope, let threshold, let largest):
      x <= threshold ? slope * (x - threshold) : x > largest ? largest : x
    case .elu(let alpha): x > 0 ? x : alpha * expm1f(x)
    case .selu: x > 0 ? 1.050_700_99 * x : 1.050_700_99 * 1.673_263_2 * expm1f(x)
    case .gelu: 0.5 * x * (1 + erff(x * 0.707_106_78))
    case .approximateGELU: 0.5 * x * (1 + tanhf(0.797_884_56 * (x + 0.044_715 * x * x * x)))
    case .silu: x / (1 + expf(-x))
    case .softplus: x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x))
    case .softsign: x / (1 + abs(x))
    case .exponential: expf(x)
    case .hardSigmoid(let slope):
      slope * x + 0.5 < 0 ? 0 : slope * x + 0.5 > 1 ? 1 : slope * x + 0.5
    }
  }
}

extension Activation {
  /// Whether the tiles apply it as they store.
  var isFusedIntoStore: Bool {
    switch self {
    case .linear, .relu, .leakyReLU: true
    case .sigmoid, .tanh, .clippedReLU, .elu, .selu, .gelu, .approximateGELU, .silu, .softplus, .softsign,
      .exponential, .hardSigmoid:
      false
    }
  }

  /// Applies it to numbers in place.
  package func apply(_ numbers: UnsafeMutableBufferPointer<Float>) {
    guard let start = numbers.baseAddress else { return }
    apply(start, count: numbers.count)
  }

  /// Applies it to numbers in place.
  func apply(_ numbers: UnsafeMutablePointer<Float>, count: Int) {
    if case .linear = self { return }
    for index in 0..<count { numbers[index] = self(numbers[index]) }
  }
}
