import Dispatch
import Synchronization
import UpconvMemory
package import UpconvTensor

extension ConvolutionPlan {
  /// Computes the output. Its bits do not depend on `threads`: every element is summed by one thread in an order that
  /// the plan gives.
  /// - Parameters:
  ///   - threads: how many threads may work at once, at least 1.
  ///   - isCancelled: asked before every unit of work.
  /// - Throws: `.cancelled`, `.wrongInput` where `input` has not the shape that was planned for.
  package func run(
    _ input: Tensor, threads: Int = 1, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(ConvolutionRunError) -> Tensor {
    guard input.shape == inputShape else {
      throw .wrongInput(planned: inputShape.dimensions, given: input.shape.dimensions)
    }
    let threads = isTiny ? 1 : max(1, min(threads, schedule.unitCount))
    let output = Tensor.filled(shape: outputShape) { elements in
      input.withElements { input in
        packed.withElements { packed in
          bias.withElements { bias in
            guard let output = elements.baseAddress, let input = input.baseAddress else { return }
            compute(
              RunTensors(input: input, packed: packed.baseAddress!, bias: bias.baseAddress!, output: output),
              threads: threads, isCancelled)
          }
        }
      }
    }
    guard !isCancelled() else { throw .cancelled }
    return output
  }

  private func compute(_ tensors: RunTensors, threads: Int, _ isCancelled: @escaping @Sendable () -> Bool) {
    let units = schedule.unitCount
    guard threads > 1 else {
      withScratch { scratch in
        for unit in 0..<units where !isCancelled() { schedule.compute(unit: unit, tensors, scratch: scratch) }
      }
      return
    }
    let next = NextUnit()
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      withScratch { scratch in
        while let unit = next.take(below: units), !isCancelled() {
          schedule.compute(unit: unit, tensors, scratch: scratch)
        }
      }
    }
  }
}

extension ConvolutionPlan {
  /// Lends what one unit needs.
  private func withScratch(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    let count = schedule.scratchElements
    MemoryPool.shared.withMemory(byteCount: count * MemoryLayout<Float>.stride) {
      body($0.bindMemory(to: Float.self, capacity: count))
    }
  }
}

/// Hands out units to threads, each once.
private final class NextUnit: Sendable {
  private let next = Atomic<Int>(0)

  func take(below count: Int) -> Int? {
    let unit = next.wrappingAdd(1, ordering: .relaxed).oldValue
    return unit < count ? unit : nil
  }
}

/// Why a run gave nothing.
package enum ConvolutionRunError: Error, Equatable {
  case cancelled
  case wrongInput(planned: [Int], given: [Int])
}
