package import UpconvTensor

/// Why a model cannot take an input of a shape. Every case is the client's to change.
package enum ModelInputError: Error, Equatable, CustomStringConvertible {
  /// Another number of axes than the model's, or another length where the length is fixed.
  case wrongShape(input: String, expected: [Int?], given: [Int])
  /// An axis other than the batch has no length.
  case emptyAxis(input: String, given: [Int])
  /// A layer on the way would give an image of no height or width.
  case noOutput(layer: String, axis: String, size: Int)
  /// A layer on the way cannot take what the one before it gives.
  case layerInput(layer: String, given: [Int], rule: String)
  /// A tensor on the way is too large.
  case tooLarge(layer: String, ShapeError)
  /// All layers together multiply too much.
  case tooMuchWork(multiplyAdds: Int, maxMultiplyAdds: Int)

  package var description: String {
    switch self {
    case .wrongShape(let input, let expected, let given):
      "the input \(quoted(input)) has the shape \(Shape.text(given)), but the model takes "
        + text(ofDimensions: expected)
    case .emptyAxis(let input, let given):
      "the input \(quoted(input)) has the shape \(Shape.text(given)), but only its batch may be 0"
    case .noOutput(let layer, let axis, let size):
      "the layer \(quoted(layer)) would give a \(axis) of \(size): the input is too small for this model"
    case .layerInput(let layer, let given, let rule):
      "the layer \(quoted(layer)) would get the shape \(Shape.text(given)), but \(rule)"
    case .tooLarge(let layer, let error):
      "the layer \(quoted(layer)) would give too much: \(error)"
    case .tooMuchWork(let multiplyAdds, let maxMultiplyAdds):
      "this needs \(multiplyAdds) multiplications, but one run may need at most \(maxMultiplyAdds)"
    }
  }
}

/// Why a run gave nothing.
package enum ModelRunError: Error, Equatable, CustomStringConvertible {
  case input(ModelInputError)
  case cancelled

  package var description: String {
    switch self {
    case .input(let error): "\(error)"
    case .cancelled: "the run was cancelled"
    }
  }
}
