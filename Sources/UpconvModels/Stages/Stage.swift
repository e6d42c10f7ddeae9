import UpconvSystem
import UpconvTensor

/// A step of a model's run.
protocol Stage: Sendable {
  /// The layer that it is for, or the first of those.
  var layer: String { get }
  /// What it does, in a word.
  var work: String { get }
  /// What it gives for an input of this shape.
  func outputDimensions(of input: [Int]) throws(ModelInputError) -> [Int]
  /// Multiply-adds, at most. O(1).
  func multiplyAdds(for input: [Int]) -> Int
  /// Bytes that it holds.
  var byteCount: Int { get }
  /// Replaces its input by its output; changes it in place where nobody else holds it.
  /// - Parameter output: what `outputDimensions` answers for this input, within all limits.
  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) throws(ModelRunError)
}

extension Stage {
  var byteCount: Int { 0 }
  func multiplyAdds(for input: [Int]) -> Int { 0 }
}

/// What a caller says about one run.
struct RunSettings {
  let threads: Int
  let cancellation: Cancellation?
}
