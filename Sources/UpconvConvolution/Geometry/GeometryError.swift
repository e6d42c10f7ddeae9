import UpconvTensor

/// Why shapes and options do not make a transposed convolution. Each names the request's field.
package enum GeometryError: Error, Equatable {
  case wrongRank(field: String, shape: [Int])
  case emptyAxis(field: String, shape: [Int])
  case outOfRange(field: String, value: Int, accepted: ClosedRange<Int>)
  case kernelTooLarge(shape: [Int], maxExtent: Int)
  case biasShape(shape: [Int], outputChannels: Int)
  /// Slopes of another shape than the activation needs; nil for none.
  case slopesShape(shape: [Int]?, expected: [Int]?)
  case channelMismatch(inputChannels: Int, filterInputChannels: Int)
  case groupsDoNotDivide(groups: Int, inputChannels: Int)
  case outputPaddingWithSame
  case outputPaddingWithOutputShape
  case outputPaddingTooLarge(axis: Axis, value: Int, stride: Int, dilation: Int)
  case outputBatch(requested: Int, input: Int)
  case outputChannels(requested: Int, given: Int)
  case outputSize(axis: Axis, requested: Int, accepted: ClosedRange<Int>, rule: AxisRule)
  case noOutput(axis: Axis, size: Int, rule: AxisRule)
  case outputTooLarge(shape: [Int], maxElements: Int)
  case tooMuchWork(multiplyAdds: Int, maxMultiplyAdds: Int)
  /// An algorithm was forced that cannot compute this layer.
  case algorithmNotPossible(String)

  package enum Axis: String, Sendable { case height, width }

  /// What a size followed from, for the sentence.
  package struct AxisRule: Sendable, Hashable {
    package var input: Int
    package var kernel: Int
    package var stride: Int
    package var dilation: Int
    package var padding: String
  }

  /// The field of the request that has to change.
  package var field: String {
    switch self {
    case .wrongRank(let field, _), .emptyAxis(let field, _), .outOfRange(let field, _, _): field
    case .kernelTooLarge: "filters"
    case .tooMuchWork: "input"
    case .biasShape: "bias"
    case .slopesShape: "slopes"
    case .channelMismatch: "filters"
    case .groupsDoNotDivide: "groups"
    case .outputPaddingWithSame, .outputPaddingWithOutputShape, .outputPaddingTooLarge: "output_padding"
    case .outputBatch, .outputChannels, .outputSize: "output_shape"
    case .noOutput: "padding"
    case .outputTooLarge: "output_shape"
    case .algorithmNotPossible: "algorithm"
    }
  }
}

extension GeometryError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .wrongRank(let field, let shape):
      let axes =
        field == "filters"
        ? "[kernel height, kernel width, output channels / groups, input channels]"
        : "[batch, height, width, channels] (or [batch, channels, height, width] with data_format NCHW)"
      return "\(field) has the shape \(Shape.text(shape)), but must have 4 axes: \(axes)"
    case .emptyAxis(let field, let shape):
      let exception = field == "input" ? "; only its batch may be 0" : ""
      return "\(field) has the shape \(Shape.text(shape)), but every length must be at least 1\(exception)"
    case .outOfRange(let field, let value, let accepted):
      return "\(field) has the value \(value), but must be from \(accepted.lowerBound) to \(accepted.upperBound)"
    case .kernelTooLarge(let shape, let maxExtent):
      return "filters have the shape \(Shape.text(shape)), but a kernel's height and width are at most \(maxExtent)"
    case .slopesShape(let shape, let expected):
      return "slopes have the shape \(shape.map(Shape.text) ?? "of none"), but must have "
        + (expected.map { "\(Shape.text($0)), one number per output channel" } ?? "none with this activation")
    case .biasShape(let shape, let outputChannels):
      return "bias has the shape \(Shape.text(shape)), but must be [\(outputChannels)], one number per output channel"
    case .channelMismatch(let inputChannels, let filterInputChannels):
      return "the number of input channels is \(filterInputChannels) in filters (their last axis), but "
        + "\(inputChannels) in input: the two must be equal"
    case .groupsDoNotDivide(let groups, let inputChannels):
      return "groups is \(groups), but must divide the number of input channels, which is \(inputChannels)"
    case .outputPaddingWithSame:
      return "output_padding cannot be used with padding SAME: give output_shape, or VALID or explicit padding"
    case .outputPaddingWithOutputShape:
      return "output_padding cannot be used together with output_shape: both say how large the output is"
    case .outputPaddingTooLarge(let axis, let value, let stride, let dilation):
      return "output_padding is \(value) for the \(axis), but must be less than the larger of the stride "
        + "(\(stride)) and the dilation (\(dilation))"
    case .outputBatch(let requested, let input):
      return "output_shape asks for a batch of \(requested), but input has a batch of \(input)"
    case .outputChannels(let requested, let given):
      return "output_shape asks for \(requested) channels, but filters (with groups) give \(given)"
    case .outputSize(let axis, let requested, let accepted, let rule):
      let range =
        accepted.count == 1
        ? "it must be \(accepted.lowerBound)"
        : "it must be from \(accepted.lowerBound) to \(accepted.upperBound)"
      return "output_shape asks for a \(axis) of \(requested), which \(rule) cannot give: \(range)"
    case .noOutput(let axis, let size, let rule):
      return "\(rule) would give an output \(axis) of \(size): padding crops everything away"
    case .outputTooLarge(let shape, let maxElements):
      return "the output would have the shape \(Shape.text(shape)), but may have at most \(maxElements) elements"
    case .tooMuchWork(let multiplyAdds, let maxMultiplyAdds):
      return "this needs \(multiplyAdds) multiplications, but one request may need at most \(maxMultiplyAdds)"
    case .algorithmNotPossible(let name):
      return "algorithm \(name) cannot compute this layer at this size"
    }
  }
}

extension GeometryError.AxisRule: CustomStringConvertible {
  package var description: String {
    "an input of \(input) with kernel \(kernel), stride \(stride), dilation \(dilation) and padding \(padding)"
  }
}
