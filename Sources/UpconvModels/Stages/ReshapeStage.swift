import UpconvKernels
import UpconvTensor

/// Other lengths for the same elements in the same order.
struct ReshapeStage: Stage {
  let layer: String
  var work: String { "reshape" }
  /// Without the batch; nil for the one length that follows from the others.
  let target: [Int?]

  func outputDimensions(of input: [Int]) throws(ModelInputError) -> [Int] {
    guard let lengths = resolved(Array(input.dropFirst())) else {
      throw .layerInput(
        layer: layer, given: input, rule: "reshapes to \(text(ofDimensions: [nil] + target)), which has another size")
    }
    return input.prefix(1) + lengths
  }

  /// The target for an input of these lengths, without the batch; nil if the sizes differ.
  func resolved(_ lengths: [Int]) -> [Int]? {
    let count = product(lengths)
    let known = product(target.compactMap(\.self))
    guard target.contains(nil) else { return known == count ? target.compactMap(\.self) : nil }
    guard known > 0, count % known == 0 else { return nil }
    return target.map { $0 ?? count / known }
  }

  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) {
    if let view = tensor.reshaped(to: output) { tensor = view }
  }
}

/// Moves the channels from the axis after the batch to the end, as Keras's Flatten does with `channels_first`.
struct ChannelsLastStage: Stage {
  let layer: String
  var work: String { "transpose" }

  func outputDimensions(of input: [Int]) -> [Int] { [input[0]] + input.dropFirst(2) + [input[1]] }

  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) {
    let (images, channels) = (output[0], output[output.rank - 1])
    let pixels = product(Array(output.dimensions.dropFirst().dropLast()))
    let input = tensor
    tensor = Tensor.filled(shape: output) { elements in
      input.withElements { input in
        guard let from = input.baseAddress, let to = elements.baseAddress else { return }
        for image in 0..<images {
          let offset = image * pixels * channels
          Tiles.current.transpose(
            from + offset, inputStep: pixels, rows: channels, columns: pixels, to: to + offset, outputStep: channels)
        }
      }
    }
  }
}
