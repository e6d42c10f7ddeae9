package import UpconvKernels
package import UpconvTensor

/// A layer made ready for one size of input: sizes, crops, phases and the algorithm are settled, the filters are
/// packed; only the numbers are missing.
package final class ConvolutionPlan: Sendable {
  package let inputShape: Shape
  package let outputShape: Shape
  /// Multiplications whose input exists: what the definition asks for, none of it with inserted zeros.
  package let multiplyAdds: Int
  package let activation: Activation
  /// How the planner chose.
  package let choice: PlanChoice
  let schedule: any Schedule
  /// The same as runs take it: converting it for each run would allocate.
  let work: any UnitWork
  let packed: Tensor
  let bias: Tensor
  let slopes: Tensor
  let tiles: Tiles

  init(
    inputShape: Shape, outputShape: Shape, multiplyAdds: Int, activation: Activation, choice: PlanChoice,
    schedule: any Schedule,
    packed: Tensor, bias: Tensor, slopes: Tensor, tiles: Tiles
  ) {
    self.inputShape = inputShape
    self.outputShape = outputShape
    self.multiplyAdds = multiplyAdds
    self.activation = activation
    self.choice = choice
    self.schedule = schedule
    work = schedule
    self.packed = packed
    self.bias = bias
    self.slopes = slopes
    self.tiles = tiles
  }

  package var algorithm: Algorithm { schedule.algorithm }
  package var instructionSet: InstructionSet { tiles.instructionSet }

  /// Bytes of packed filters that the plan reads.
  package var packedBytes: Int { packed.shape.elementCount * MemoryLayout<Float>.stride }

  /// Bytes of scratch that each thread takes for the time of a run.
  package var scratchBytesPerThread: Int { schedule.scratchElements * MemoryLayout<Float>.stride }

  /// Bytes of tables that the plan itself holds.
  package var tableBytes: Int { schedule.tableElements * MemoryLayout<Float>.stride }

  /// Pieces that threads share the work in.
  package var unitCount: Int { schedule.unitCount }

  /// Multiplications that are done beyond `multiplyAdds`, as a share of all that are done; below zero where the
  /// algorithm needs fewer.
  package var wastedShare: Double {
    schedule.multiplyAdds == 0 ? 0 : 1 - Double(multiplyAdds) / Double(schedule.multiplyAdds)
  }

  /// Whether the whole run is shorter than handing it to another queue would take.
  package var isTiny: Bool { choice.nanoseconds < ConvolutionPlan.leastNanosecondsForQueue }

  /// A thread of Dispatch takes about 20 µs to wake.
  private static let leastNanosecondsForQueue = 40_000.0

  /// Whether threads would gain little by sharing the run.
  var isShort: Bool { choice.nanoseconds < ConvolutionPlan.leastNanosecondsForTwo }

  /// Measured with `upconv bench kernel` on two threads (Zen 5, a virtual machine, 2026-11-25), with layers of 16 to 32
  /// channels: runs of 10, 19 and 32 µs take 8, 12.5 and 20 while the helper looks out for work. While it sleeps they
  /// take 2 µs longer than alone.
  static let leastNanosecondsForTwo = 10_000.0
}

extension ConvolutionLayer {
  /// Works out everything that one size of input needs.
  /// - Parameters:
  ///   - algorithm: forces one; without it the cheapest is taken that the layer allows.
  ///   - instructionSet: forces one; without it the process's.
  /// - Throws: the `GeometryError`s that concern `input`, `output_shape`, `output_padding` and `padding`;
  ///   `.algorithmNotPossible` where a forced one cannot compute this layer.
  package func plan(
    inputShape: Shape, limits: ConvolutionLimits = ConvolutionLimits(), algorithm: Algorithm? = nil,
    exact: Bool = false, tiles: Tiles = .current
  ) throws(GeometryError) -> ConvolutionPlan {
    let geometry = try OutputGeometry(
      operation: operation, inputShape: inputShape, kernel: kernel, inputChannels: inputChannels,
      outputChannels: outputChannels, limits: limits)
    let planner = Planner(LayerAtSize(layer: self, geometry: geometry, tiles: tiles))
    guard planner.size.multiplyAdds <= limits.maxMultiplyAdds else {
      throw .tooMuchWork(multiplyAdds: planner.size.multiplyAdds, maxMultiplyAdds: limits.maxMultiplyAdds)
    }
    let chosen = try planner.choose(algorithm, exact: exact)
    return ConvolutionPlan(
      inputShape: inputShape, outputShape: geometry.outputShape, multiplyAdds: planner.size.multiplyAdds,
      activation: operation.activation, choice: chosen.choice, schedule: chosen.schedule,
      packed: chosen.packed, bias: chosen.bias, slopes: chosen.slopes, tiles: tiles)
  }
}
