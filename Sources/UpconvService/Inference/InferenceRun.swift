import UpconvHTTP
import UpconvMemory
import UpconvModels
import UpconvRepository
import UpconvTensor

/// One input on its way through a model: at once where that is short, else by the model's queue.
struct InferenceRun: Sendable {
  let served: ServedModel
  let input: Tensor
  /// How long the request may wait where it says so itself; 0 is the same as nil.
  let timeoutMicroseconds: Int?
  /// The right to the memory of the request and its answer.
  let lease: MemoryLease

  /// A year: the clock's arithmetic stays far from its end.
  private static let maxTimeoutMicroseconds = 31_536_000_000_000

  /// - Parameters:
  ///   - answerTakesLong: whether writing even a small output takes longer than an event loop may be kept.
  ///   - answer: writes the output; runs on any thread.
  /// - Throws: `.modelInput` where the model cannot take the input; `.memory` where there is none for its output; with a run at once, what the run or the answer
  ///   fails with.
  func outcome(
    answerTakesLong: Bool = false, _ answer: @escaping @Sendable (Tensor) throws(ServiceError) -> Response
  ) throws(ServiceError) -> Outcome {
    try checkInput()
    let answer = leased(answer)
    if !answerTakesLong, served.model.isShort(for: input.shape), served.queue.depth == 0 {
      return .respond(try answer(try run { false }))
    }
    let deadline = deadline
    return .later(
      Deferral { [served, input] isCancelled, complete in
        do throws(InferenceFailure) {
          try served.queue.submit(
            InferenceWork(input: input, deadline: deadline, isCancelled: isCancelled) { result in
              let response = InferenceRun.response(to: result, answer)
              return { complete(response) }
            })
          return nil
        } catch { return Problem(.inferenceFailure(error)).response }
      })
  }

  /// Runs on the caller's thread, which has had its place in the common queue already.
  func response(
    _ isCancelled: @escaping @Sendable () -> Bool,
    _ answer: @escaping @Sendable (Tensor) throws(ServiceError) -> Response
  ) throws(ServiceError) -> Response {
    try checkInput()
    return try leased(answer)(try run(isCancelled))
  }

  private func run(_ isCancelled: @escaping @Sendable () -> Bool) throws(ServiceError) -> Tensor {
    do throws(InferenceFailure) {
      return try served.queue.runInPlace(input, isCancelled: isCancelled)
    } catch { throw .inferenceFailure(error) }
  }

  private func checkInput() throws(ServiceError) {
    let output: Shape
    do { output = try served.model.outputShape(for: input.shape) } catch { throw .modelInput(error) }
    do { try lease.fit(input.shape.float32Bytes + output.float32Bytes) } catch { throw .memory(error) }
  }

  /// An answer that holds the lease until it has gone.
  private func leased(
    _ answer: @escaping @Sendable (Tensor) throws(ServiceError) -> Response
  ) -> @Sendable (Tensor) throws(ServiceError) -> Response {
    { [lease] output throws(ServiceError) in
      lease.shrink(toHold: output.shape.float32Bytes)
      return try answer(output).holding(lease)
    }
  }

  private var deadline: ContinuousClock.Instant? {
    if let microseconds = timeoutMicroseconds, microseconds > 0 {
      return ContinuousClock.now + .microseconds(min(microseconds, InferenceRun.maxTimeoutMicroseconds))
    }
    return served.policy.defaultTimeout.map { ContinuousClock.now + $0 }
  }

  private static func response(
    to result: Result<Tensor, InferenceFailure>, _ answer: (Tensor) throws(ServiceError) -> Response
  ) -> Response {
    do throws(ServiceError) {
      switch result {
      case .success(let output): return try answer(output)
      case .failure(let failure): throw .inferenceFailure(failure)
      }
    } catch { return Problem(error).response }
  }
}
