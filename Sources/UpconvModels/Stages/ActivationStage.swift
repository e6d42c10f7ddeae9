import UpconvConvolution
import UpconvTensor

/// A function of each element.
struct ActivationStage: Stage {
  let layer: String
  var work: String { "activation" }
  let activation: Activation

  func outputDimensions(of input: [Int]) -> [Int] { input }

  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) {
    tensor.withMutableElements { activation.apply($0, threads: settings.threads) }
  }
}
