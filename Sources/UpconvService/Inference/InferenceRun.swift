import UpconvHTTP
import UpconvModels
import UpconvRepository
import UpconvTensor
import UpconvTensorBoard

/// One input on its way through a model: at once where that is short, else by the model's queue.
struct InferenceRun: Sendable {
  let served: ServedModel
  let input: Tensor
  /// How long the request may wait where it says so itself; 0 is the same as nil.
  let timeoutMicroseconds: Int?
  let tensorBoard: TensorBoardRecorder?

  /// A year: the clock's arithmetic stays far from its end.
  private static let maxTimeoutMicroseconds = 31_536_000_000_000

  /// - Parameters:
  ///   - answerTakesLong: whether writing even a small output takes longer than an event loop may be kept.
  ///   - answer: writes the output; runs on any thread.
  /// - Throws: `.modelInput` where the model cannot take the input; with a run at once, what the run or the answer
  ///   fails with.
  func outcome(
    answerTakesLong: Bool = false, _ answer: @escaping @Sendable (Tensor) throws(ServiceError) -> Response
  ) throws(ServiceError) -> Outcome {
    try checkInput()
    if !answerTakesLong, served.model.isShort(for: input.shape), served.queue.depth == 0 {
      return .respond(try recorded(try run { false }, answer))
    }
    let deadline = deadline
    return .later(
      Deferral { [self] isCancelled, complete in
        do throws(InferenceFailure) {
          try served.queue.submit(
            InferenceWork(input: input, deadline: deadline, isCancelled: isCancelled) { result in
              let response = response(to: result, answer)
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
    return try recorded(try run(isCancelled), answer)
  }

  /// The answer with an output, of which TensorBoard may be shown a share.
  private func recorded(
    _ output: Tensor, _ answer: (Tensor) throws(ServiceError) -> Response
  ) throws(ServiceError) -> Response {
    let response = try answer(output)
    tensorBoard?.consider(RecordedAnswer(output, from: .model(served)))
    return response
  }

  private func run(_ isCancelled: @escaping @Sendable () -> Bool) throws(ServiceError) -> Tensor {
    do throws(InferenceFailure) {
      return try served.queue.runInPlace(input, isCancelled: isCancelled)
    } catch { throw .inferenceFailure(error) }
  }

  private func checkInput() throws(ServiceError) {
    do { _ = try served.model.outputShape(for: input.shape) } catch { throw .modelInput(error) }
  }

  private var deadline: ContinuousClock.Instant? {
    if let microseconds = timeoutMicroseconds, microseconds > 0 {
      return ContinuousClock.now + .microseconds(min(microseconds, InferenceRun.maxTimeoutMicroseconds))
    }
    return served.policy.defaultTimeout.map { ContinuousClock.now + $0 }
  }

  private func response(
    to result: Result<Tensor, InferenceFailure>, _ answer: (Tensor) throws(ServiceError) -> Response
  ) -> Response {
    do throws(ServiceError) {
      switch result {
      case .success(let output): return try recorded(output, answer)
      case .failure(let failure): throw .inferenceFailure(failure)
      }
    } catch { return Problem(error).response }
  }
}
