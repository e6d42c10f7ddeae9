import CTiles

extension upconv_activation {
  /// An activation in the tiles' words.
  /// - Parameter slopes: read for `.parametricReLU` alone, a number for each column.
  init(_ activation: Activation, slopes: UnsafePointer<Float>) {
    var (slope, threshold, largest) = (Float(0), Float(0), Float.infinity)
    switch activation {
    case .leakyReLU(let alpha), .elu(let alpha): slope = alpha
    case .clippedReLU(let below, let from, let most): (slope, threshold, largest) = (below, from, most)
    case .hardSigmoid(let steepness): slope = steepness
    case .linear, .relu, .parametricReLU, .sigmoid, .tanh, .selu, .gelu, .approximateGELU, .silu, .softplus, .softsign,
      .exponential:
      break
    }
    self.init(function: activation.function, slope: slope, threshold: threshold, largest: largest, slopes: slopes)
  }

  /// The same for the columns from a later one on.
  func from(_ column: Int) -> upconv_activation {
    var later = self
    later.slopes = slopes.map { $0 + column }
    return later
  }

  /// For sums that are not complete.
  static var linear: upconv_activation {
    upconv_activation(function: UPCONV_LINEAR, slope: 0, threshold: 0, largest: 0, slopes: nil)
  }
}

extension Activation {
  fileprivate var function: upconv_function {
    switch self {
    case .linear: UPCONV_LINEAR
    case .relu: UPCONV_RELU
    case .leakyReLU: UPCONV_LEAKY_RELU
    case .parametricReLU: UPCONV_PARAMETRIC_RELU
    case .clippedReLU: UPCONV_CLIPPED_RELU
    case .sigmoid: UPCONV_SIGMOID
    case .tanh: UPCONV_TANH
    case .elu: UPCONV_ELU
    case .selu: UPCONV_SELU
    case .gelu: UPCONV_GELU
    case .approximateGELU: UPCONV_APPROXIMATE_GELU
    case .silu: UPCONV_SILU
    case .softplus: UPCONV_SOFTPLUS
    case .softsign: UPCONV_SOFTSIGN
    case .exponential: UPCONV_EXPONENTIAL
    case .hardSigmoid: UPCONV_HARD_SIGMOID
    }
  }
}
