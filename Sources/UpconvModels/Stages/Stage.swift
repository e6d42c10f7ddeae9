import UpconvConvolution
import UpconvTensor

/// A step of a model's run.
protocol Stage: Sendable {
  /// The layer that it is for, or the first of those.
  var layer: String { get }
  /// What it gives for an input of this shape.
  func outputDimensions(of input: [Int]) throws(ModelInputError) -> [Int]
  /// Multiply-adds, at most. O(1).
  func multiplyAdds(for input: [Int]) -> Int
  /// Bytes that it holds.
  var byteCount: Int { get }
  /// - Parameter output: what `outputDimensions` answers for this input, checked.
  func run(_ input: consuming Tensor, output: Shape, _ settings: RunSettings) throws(ModelRunError) -> Tensor
}

extension Stage {
  var byteCount: Int { 0 }
  func multiplyAdds(for input: [Int]) -> Int { 0 }
}

/// What a caller says about one run.
struct RunSettings {
  let threads: Int
  let isCancelled: @Sendable () -> Bool
}

/// A step that may still become one with those beside it.
enum StageDraft {
  case convolution(ConvolutionDraft)
  case activation(Activation, layer: String)
}
