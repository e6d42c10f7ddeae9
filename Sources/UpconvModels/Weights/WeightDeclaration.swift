import UpconvConvolution

/// A weight that a layer needs.
struct WeightDeclaration: Sendable {
  /// Keras's name of it: `kernel`, `bias`, `gamma`, ...
  let variable: String
  let shape: [Int]
  /// How it is made where no file has it.
  let initializer: Initializer

  /// What `Conv2D`, `Conv2DTranspose` and `Dense` have; `use_bias` says whether there is a bias.
  /// - Parameter strides: of a transposed convolution, whose kernel some initialisers make for.
  static func kernelAndBias(
    _ config: inout LayerConfiguration, kernel: [Int], units: Int, strides: Spatial? = nil
  ) throws(ModelError) -> [WeightDeclaration] {
    var weights = [
      WeightDeclaration(
        variable: "kernel", shape: kernel,
        initializer: try Initializer(&config, "kernel_initializer", default: "glorot_uniform", strides: strides))
    ]
    let bias = try Initializer(&config, "bias_initializer", default: "zeros")
    if try config.flag("use_bias", default: true) {
      weights.append(WeightDeclaration(variable: "bias", shape: [units], initializer: bias))
    }
    return weights
  }
}
