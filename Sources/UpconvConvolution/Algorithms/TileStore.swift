import CTiles

/// What the tiles do as they store a number, in their own words.
struct TileStore: Sendable, Hashable {
  let code: upconv_store.RawValue
  let slope: Float

  static let linear = TileStore(.linear)

  init(_ activation: Activation) {
    switch activation {
    case .relu: (code, slope) = (UPCONV_STORE_RELU.rawValue, 0)
    case .leakyReLU(let alpha): (code, slope) = (UPCONV_STORE_LEAKY_RELU.rawValue, alpha)
    // What the tiles cannot do is applied after them.
    case .linear, .sigmoid, .tanh, .clippedReLU, .elu, .selu, .gelu, .approximateGELU, .silu, .softplus, .softsign,
      .exponential, .hardSigmoid:
      (code, slope) = (UPCONV_STORE_LINEAR.rawValue, 0)
    }
  }

  var store: upconv_store { upconv_store(rawValue: code) }
}
