import Dispatch
package import UpconvTensor

extension ConvolutionPlan {
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
