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
    print(NumPyText.shape(input.shape))
    print(NumPyText.shape(output.shape))
    let (height, width, channels) = (output.shape[1], output.shape[2], output.shape[3])
    let elements = output.elements
    print(
      NumPyText.matrix(
        (0..<height).map { y in (0..<width).map { x in elements[(y * width + x) * channels] } }))
  }
}
