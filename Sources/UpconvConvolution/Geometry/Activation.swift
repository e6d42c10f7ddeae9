/// A function that is applied to each output element as it is stored.
///
/// All are computed by the vector code of `CTiles`, with an error of at most 0.75 units in the last place. A NaN stays a
/// NaN, and at infinity each has its limit.
package enum Activation: Sendable, Hashable {
  case linear
  case relu
  /// `x` where `x >= 0`, else `alpha * x`.
  case leakyReLU(alpha: Float)
  /// The same with an `alpha` for each output channel: the layer's `slopes`.
  case parametricReLU
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

  /// Multiply-adds that take as long as applying it to one element, the vectors being full.
  ///
  /// Measured with AVX2 on a Sapphire Rapids core (2026-12-01), numbers in the first-level cache, against a core's peak;
  /// with AVX-512 the figures are up to a third higher. Rectifiers are applied in registers, next to free.
  package var multiplyAdds: Double {
    switch self {
    case .linear, .relu, .leakyReLU, .parametricReLU: 0
    case .clippedReLU(let slope, _, _): slope == 0 ? 10 : 25
    case .hardSigmoid: 20
    case .softsign, .exponential: 40
    case .elu, .selu: 50
    case .tanh: 80
    case .sigmoid, .silu: 85
    case .approximateGELU, .softplus: 95
    case .gelu: 115
    }
  }

  /// Its name in reports.
  package var name: String {
    switch self {
    case .linear: "linear"
    case .relu: "relu"
    case .leakyReLU: "leaky_relu"
    case .parametricReLU: "prelu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .clippedReLU: "clipped_relu"
    case .elu: "elu"
    case .selu: "selu"
    case .gelu: "gelu"
    case .approximateGELU: "approximate_gelu"
    case .silu: "silu"
    case .softplus: "softplus"
    case .softsign: "softsign"
    case .exponential: "exponential"
    case .hardSigmoid: "hard_sigmoid"
    }
  }
}
