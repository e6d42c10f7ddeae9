import ArgumentParser
import UpconvConvolution
import UpconvTensor

/// `upconv demo`: computes the seed example and prints it as NumPy would.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Compute a small example and print both shapes and one channel of the output.")

  func run() throws {
    guard let input = SeedExample.ones(SeedExample.inputDimensions),
      let filters = SeedExample.ones(SeedExample.filterDimensions)
    else { throw ExitCode.failure }
    var operation = TransposedConvolution()
    operation.strides = Spatial(height: 2, width: 2)
    operation.outputShape = RequestedOutputShape(spatial: Spatial(height: 8, width: 8), channels: 4)
    let output = try ConvolutionLayer(operation, filters: filters, bias: nil)
      .plan(inputShape: input.shape).run(input)
    let (height, width, channels) = (output.shape[1], output.shape[2], output.shape[3])
    let elements = output.elements
    let channel = NumPyText.matrix(
      (0..<height).map { y in (0..<width).map { x in elements[(y * width + x) * channels] } })
    print(
      """
      input    \(NumPyText.shape(input.shape)): three images of 4x4 pixels with two channels, all ones
      filters  \(NumPyText.shape(filters.shape)): a kernel of 3x3, from two channels to four, all ones
      strides  2, padding SAME, output shape 8x8 with four channels
      output   \(NumPyText.shape(output.shape)), of which the first image's first channel is

      \(channel)

      Every input is 1, yet the outputs differ: neighbouring copies of the kernel overlap, since 3 is no multiple of
      the stride 2. That is the checkerboard of transposed convolutions; a 4x4 kernel has none. See docs/mathematics.md,
      or the page of upconv serve.
      """)
  }
}
