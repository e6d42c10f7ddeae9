import Dispatch
package import UpconvTensor

/// A layer made ready for one size of input: sizes, crops and phases are settled, only the numbers are missing.
package struct ConvolutionPlan: Sendable {
  package let inputShape: Shape
  package let outputShape: Shape
  /// Multiplications whose input exists: what is really computed, none of it with inserted zeros.
  package let multiplyAdds: Int
  let layer: ConvolutionLayer
  let geometry: OutputGeometry
  let rows: AxisPhases
  let columns: AxisPhases

  init(layer: ConvolutionLayer, inputShape: Shape, limits: ConvolutionLimits) throws(GeometryError) {
    let geometry = try OutputGeometry(
      operation: layer.operation, inputShape: inputShape, kernel: layer.kernel,
      inputChannels: layer.inputChannels, outputChannels: layer.outputChannels, limits: limits)
    let rows = AxisPhases(geometry.vertical)
    let columns = AxisPhases(geometry.horizontal)
    let factors = [
      geometry.input.batch, rows.usefulTaps, columns.usefulTaps, layer.filters.inputChannelsPerGroup,
      layer.outputChannels,
    ]
    var multiplyAdds = 1
    for factor in factors {
      let (product, overflow) = multiplyAdds.multipliedReportingOverflow(by: factor)
      multiplyAdds = overflow ? .max : product
    }
    guard multiplyAdds <= limits.maxMultiplyAdds else {
      throw .tooMuchWork(multiplyAdds: multiplyAdds, maxMultiplyAdds: limits.maxMultiplyAdds)
    }
    self.inputShape = inputShape
    self.outputShape = geometry.outputShape
    self.multiplyAdds = multiplyAdds
    self.layer = layer
    self.geometry = geometry
    self.rows = rows
    self.columns = columns
  }

  /// Whether the whole run is shorter than handing it to another thread would take.
  package var isTiny: Bool { work < WorkSplit.minWorkPerPart }

  private var work: Int { multiplyAdds.addingClamped(outputShape.elementCount) }

  /// Computes the output. Its bits do not depend on `threads`: every element is summed by one thread in the order
  /// bias, kernel row, kernel column, input channel.
  /// - Parameters:
  ///   - threads: how many threads may work at once, at least 1.
  ///   - isCancelled: asked many times in each output row.
  /// - Throws: `.cancelled`, `.wrongInput` where `input` has not the shape that was planned for.
  package func run(
    _ input: Tensor, threads: Int = 1, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(ConvolutionRunError) -> Tensor {
    guard input.shape == inputShape else {
      throw .wrongInput(planned: inputShape.dimensions, given: input.shape.dimensions)
    }
    let split = WorkSplit(rows: geometry.output.batch * geometry.output.height, work: work, threads: threads)
    let output = Tensor.filled(shape: outputShape) { elements in
      let slab = OutputSlab(elements)
      let compute = { @Sendable (part: Int) in
        input.withElements { RowTile(plan: self, input: $0, slab: slab).compute(split[part], isCancelled) }
      }
      if split.count == 1 {
        compute(0)
      } else {
        DispatchQueue.concurrentPerform(iterations: split.count, execute: compute)
      }
    }
    guard !isCancelled() else { throw .cancelled }
    return output
  }
}

/// Why a run gave nothing.
package enum ConvolutionRunError: Error, Equatable {
  case cancelled
  case wrongInput(planned: [Int], given: [Int])
}

extension Int {
  fileprivate func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
