import Synchronization
import UpconvMemory
package import UpconvSystem
package import UpconvTensor

extension ConvolutionPlan {
  /// Computes the output. Its bits do not depend on `threads`: every element is summed by one thread in an order that
  /// the plan gives.
  /// - Parameters:
  ///   - threads: how many threads may work at once, at least 1.
  ///   - cancellation: looked at before every unit of work.
  ///   - onUnit: called before every unit of work, on the thread that computes it.
  /// - Throws: `.cancelled`, `.wrongInput` where `input` has not the shape that was planned for.
  package func run(
    _ input: Tensor, threads: Int = 1, cancellation: Cancellation? = nil, onUnit: (@Sendable () -> Void)? = nil
  ) throws(ConvolutionRunError) -> Tensor {
    guard input.shape == inputShape else {
      throw .wrongInput(planned: inputShape.dimensions, given: input.shape.dimensions)
    }
    let threads = isShort ? 1 : max(1, min(threads, schedule.unitCount))
    let output = Tensor.filled(shape: outputShape) { elements in
      input.withElements { input in
        packed.withElements { packed in
          bias.withElements { bias in
            slopes.withElements { slopes in
              guard let output = elements.baseAddress, let input = input.baseAddress else { return }
              SharedRun.run(
                work,
                RunTensors(
                  input: input, packed: packed.baseAddress!, bias: bias.baseAddress!, slopes: slopes.baseAddress!,
                  output: output),
                threads: threads, cancellation: cancellation, onUnit: onUnit)
            }
          }
        }
      }
    }
    guard cancellation?.isCancelled != true else { throw .cancelled }
    return output
  }
}

/// A run's units, handed out to threads, each once.
struct SharedRun: ~Copyable, SharedWork {
  let work: any UnitWork
  let tensors: RunTensors
  let cancellation: Cancellation?
  let onUnit: (@Sendable () -> Void)?
  private let next = Atomic<Int>(0)

  private init(
    work: any UnitWork, tensors: RunTensors, cancellation: Cancellation?, onUnit: (@Sendable () -> Void)?
  ) {
    self.work = work
    self.tensors = tensors
    self.cancellation = cancellation
    self.onUnit = onUnit
  }

  /// Does all units, on this thread and as many others as are free up to `threads`.
  static func run(
    _ work: any UnitWork, _ tensors: RunTensors, threads: Int, cancellation: Cancellation? = nil,
    onUnit: (@Sendable () -> Void)? = nil
  ) {
    let run = SharedRun(work: work, tensors: tensors, cancellation: cancellation, onUnit: onUnit)
    if threads > 1 {
      workers.perform(run, helpers: threads - 1)
    } else {
      run.share()
    }
  }

  /// The caller's thread is one more.
  private static let workers = WorkerPool<SharedRun>(count: UnitGrid.processors - 1)

  func share() {
    let count = work.scratchElements
    MemoryPool.shared.withMemory(byteCount: count * MemoryLayout<Float>.stride) {
      let scratch = $0.bindMemory(to: Float.self, capacity: count)
      while let unit = take(), cancellation?.isCancelled != true {
        onUnit?()
        work.compute(unit: unit, tensors, scratch: scratch)
      }
    }
  }

  private func take() -> Int? {
    let unit = next.wrappingAdd(1, ordering: .relaxed).oldValue
    return unit < work.unitCount ? unit : nil
  }
}

/// Why a run gave nothing.
package enum ConvolutionRunError: Error, Equatable {
  case cancelled
  case wrongInput(planned: [Int], given: [Int])
}
