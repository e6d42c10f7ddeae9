import UpconvTensor

/// The weights of one layer, by Keras's names of the variables; each has the shape that the layer declared.
struct LayerWeights {
  private let tensors: [String: Tensor]

  init(_ tensors: [String: Tensor]) { self.tensors = tensors }

  /// One that the layer declared.
  subscript(variable: String) -> Tensor {
    guard let tensor = tensors[variable] else { fatalError("no layer declares \(variable)") }
    return tensor
  }

  /// One that the layer may have declared.
  func optional(_ variable: String) -> Tensor? { tensors[variable] }
}
