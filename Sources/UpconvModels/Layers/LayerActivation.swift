import UpconvConvolution
import UpconvJSON

/// The `activation` of a layer.
struct LayerActivation: Sendable {
  let function: Activation

  init(_ config: inout LayerConfiguration, _ key: String) throws(ModelError) {
    guard let value = config.value(key) else {
      function = .linear
      return
    }
    let functions: [String: Activation] = [
      "linear": .linear, "relu": .relu, "leaky_relu": .leakyReLU(alpha: 0.2), "sigmoid": .sigmoid, "tanh": .tanh,
    ]
    guard let name = value.string, let function = functions[name] else {
      throw config.wrong(key, value, "must be one of " + functions.keys.sorted().joined(separator: ", "))
    }
    self.function = function
  }

  func drafts(_ layer: String) -> [StageDraft] { function == .linear ? [] : [.activation(function, layer: layer)] }
}
