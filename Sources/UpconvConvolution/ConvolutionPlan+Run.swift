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
    let threads = isShort ? 1 : max(1, min(threads, schedule.unitCount))
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
    let run = SharedRun(schedule: schedule, tensors: tensors, isCancelled: isCancelled)
    if threads > 1 {
      SharedRun.workers.perform(run, helpers: threads - 1)
    } else {
      run.share()
    }
  }
}

/// A run's units, handed out to threads, each once.
private struct SharedRun: ~Copyable, SharedWork {
  let schedule: any Schedule
  let tensors: RunTensors
  let isCancelled: @Sendable () -> Bool
  private let next = Atomic<Int>(0)

  init(schedule: any Schedule, tensors: RunTensors, isCancelled: @escaping @Sendable () -> Bool) {
    self.schedule = schedule
    self.tensors = tensors
    self.isCancelled = isCancelled
  }

  /// The caller's thread is one more.
  static let workers = WorkerPool<SharedRun>(count: UnitGrid.processors - 1)

  func share() {
    let count = schedule.scratchElements
    MemoryPool.shared.withMemory(byteCount: count * MemoryLayout<Float>.stride) {
      let scratch = $0.bindMemory(to: Float.self, capacity: count)
      while let unit = take(), !isCancelled() { schedule.compute(unit: unit, tensors, scratch: scratch) }
    }
  }

  private func take() -> Int? {
    let unit = next.wrappingAdd(1, ordering: .relaxed).oldValue
    return unit < schedule.unitCount ? unit : nil
  }
}

/// Why a run gave nothing.
package enum ConvolutionRunError: Error, Equatable {
  case cancelled
  case wrongInput(planned: [Int], given: [Int])
}
