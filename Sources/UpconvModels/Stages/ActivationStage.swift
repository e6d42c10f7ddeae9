import UpconvConvolution
import UpconvTensor

/// A function of each element.
struct ActivationStage: Stage {
  let layer: String
  let activation: Activation

  func outputDimensions(of input: [Int]) -> [Int] { input }

  func run(_ input: consuming Tensor, output: Shape, _ settings: RunSettings) -> Tensor {
    var tensor = input
    tensor.withMutableElements { activation.apply($0) }
    return tensor
  }
}
