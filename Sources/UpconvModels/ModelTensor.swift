package import UpconvConvolution

/// What a model takes or gives: a float32 tensor with a name.
package struct ModelTensor: Sendable, Hashable {
  package let name: String
  /// The lengths of the axes, batch first; nil if any length is taken.
  package let dimensions: [Int?]
  /// The order of the axes; nil if the tensor is no batch of images with channels, or if nothing tells the order.
  package let layout: Layout?

  package init(name: String, dimensions: [Int?], layout: Layout? = nil) {
    self.name = name
    self.dimensions = dimensions
    self.layout = layout
  }

  /// Keras's name of the layout: `channels_last` or `channels_first`.
  package var dataFormat: String? { layout?.kerasName }

  /// As the Open Inference Protocol has it: -1 for what varies.
  package var variableDimensions: [Int] { dimensions.map { $0 ?? -1 } }
}

extension ModelTensor: CustomStringConvertible {
  /// `x [any,4,4,2]`
  package var description: String { "\(name) \(text(ofDimensions: dimensions))" }
}

/// Lengths of which some vary, as a sentence has them: `[any,4,4,2]`.
func text(ofDimensions dimensions: [Int?]) -> String {
  "[" + dimensions.map { $0.map(String.init) ?? "any" }.joined(separator: ",") + "]"
}
