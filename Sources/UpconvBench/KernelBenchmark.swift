package import UpconvConvolution
package import UpconvKernels
import UpconvTensor

/// Times one layer with one algorithm, after it has shown to be right.
package struct KernelBenchmark {
  package struct Result: Sendable {
    package let layer: BenchmarkLayer
    package let medianMicroseconds: Double
    /// The same with a layer that is new each time: checked, planned and packed before it runs.
    package let unpackedMicroseconds: Double
    package let algorithm: Algorithm
    package let instructionSet: InstructionSet
    /// The largest |error| / (Σ|x·w| + 2.5) against double precision.
    package let maxError: Double
    /// The rate of multiply-adds from registers on all threads together, just before and after: the mean.
    package let peakGigaflops: Double

    package var gigaflops: Double { layer.operations / medianMicroseconds / 1000 }
  }

  /// A result that is further off than this is wrong.
  package static let errorBound = 4e-7

  private let layer: BenchmarkLayer
  private let input: Tensor
  private let filters: Tensor
  private let reference: SampledReference
  private let convolution: ConvolutionLayer
  private let threads: Int
  private let tiles: Tiles

  /// - Throws: if the layer's sizes are none.
  package init(_ layer: BenchmarkLayer, threads: Int, tiles: Tiles) throws {
    self.layer = layer
    self.threads = threads
    self.tiles = tiles
    var generator = NormalGenerator()
    input = try generator.tensor([layer.batch, layer.height, layer.width, layer.inputChannels])
    filters = try generator.tensor([layer.kernel, layer.kernel, layer.outputChannels, layer.inputChannels])
    reference = SampledReference(layer, input: input, filters: filters)
    var operation = TransposedConvolution()
    operation.strides = Spatial(height: layer.stride, width: layer.stride)
    convolution = try ConvolutionLayer(operation, filters: filters, bias: nil)
  }

  /// The algorithms that can compute the layer.
  package func candidates() throws -> [Algorithm] {
    try convolution.plan(inputShape: input.shape, tiles: tiles).choice.estimates.map(\.algorithm)
  }

  /// What the planner expects of each of them: one thread's nanoseconds.
  package func estimates() throws -> [Algorithm: Double] {
    let estimates = try convolution.plan(inputShape: input.shape, tiles: tiles).choice.estimates
    return Dictionary(uniqueKeysWithValues: estimates.map { ($0.algorithm, $0.nanoseconds) })
  }

  /// - Parameter algorithm: nil takes the planner's pick.
  /// - Throws: `WrongResult`, or where the algorithm cannot compute the layer.
  package func measure(_ algorithm: Algorithm?, seconds: Double) throws -> Result {
    let plan = try convolution.plan(inputShape: input.shape, algorithm: algorithm, tiles: tiles)
    let error = reference.largestError(try plan.run(input, threads: threads))
    guard error <= KernelBenchmark.errorBound else {
      throw WrongResult(layer: layer.name, algorithm: plan.algorithm, error: error)
    }
    for _ in 0..<2 { _ = try plan.run(input, threads: threads) }
    let before = PeakRate.gigaflops(threads: threads, tiles)
    let median = try MedianTime.microseconds(seconds: seconds) { _ = try plan.run(input, threads: threads) }
    let unpacked = try MedianTime.microseconds(seconds: seconds / 4) {
      _ = try ConvolutionLayer(convolution.operation, filters: filters, bias: nil)
        .plan(inputShape: input.shape, algorithm: algorithm, tiles: tiles).run(input, threads: threads)
    }
    return Result(
      layer: layer, medianMicroseconds: median, unpackedMicroseconds: unpacked, algorithm: plan.algorithm,
      instructionSet: plan.instructionSet, maxError: error,
      peakGigaflops: (before + PeakRate.gigaflops(threads: threads, tiles)) / 2)
  }

  package struct WrongResult: Error, CustomStringConvertible {
    let layer: String
    let algorithm: Algorithm
    let error: Double

    package var description: String {
      "\(layer) with \(algorithm.rawValue) is wrong: an output is off by \(error) of the sum of its products' magnitudes "
        + "(and 2.5), and may be off by \(KernelBenchmark.errorBound)"
    }
  }
}
