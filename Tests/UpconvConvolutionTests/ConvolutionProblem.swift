import UpconvConvolution
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

/// An operation with its numbers, and the size and crop that it must have.
struct ConvolutionProblem {
  var operation: TransposedConvolution
  var input: Tensor
  var filters: Tensor
  var bias: Tensor?
  /// For the activation `.parametricReLU`.
  var slopes: Tensor?
  let outputSize: Spatial
  let cropBefore: Spatial

  var reference: GatherReference {
    GatherReference(
      operation: operation, input: input, filters: filters, bias: bias, slopes: slopes,
      outputSize: outputSize, cropBefore: cropBefore)
  }

  /// Nil where the algorithm cannot compute the layer.
  func plan(_ algorithm: Algorithm?, _ tiles: Tiles = .current) throws -> ConvolutionPlan? {
    do {
      return try ConvolutionLayer(operation, filters: filters, bias: bias, slopes: slopes)
        .plan(inputShape: input.shape, algorithm: algorithm, tiles: tiles)
    } catch GeometryError.algorithmNotPossible {
      return nil
    }
  }
}

/// An algorithm on an instruction set.
struct Way: CustomStringConvertible, Sendable {
  let algorithm: Algorithm
  let tiles: Tiles

  var description: String { "\(algorithm) on \(tiles.instructionSet)" }

  /// All that this machine can run.
  static let all = Algorithm.allCases.flatMap { algorithm in
    InstructionSet.available.compactMap { Tiles($0).map { Way(algorithm: algorithm, tiles: $0) } }
  }
}
