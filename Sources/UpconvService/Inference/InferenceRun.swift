import UpconvHTTP
import UpconvMemory
import UpconvModels
import UpconvPictures
import UpconvRepository
import UpconvSystem
import UpconvTensor
import UpconvTensorBoard

/// One input on its way through a model: at once where that is short, else by the model's queue.
struct InferenceRun: Sendable {
  let served: ServedModel
  let input: Tensor
  /// How long the request may wait where it says so itself; 0 is the same as nil.
  let timeoutMicroseconds: Int?
  /// Bytes of text that are kept for the answer.
  let textBytes: Int
  let tensorBoard: TensorBoardRecorder?
  /// The right to the memory of the request and its answer.
  let lease: MemoryLease

  /// A year: the clock's arithmetic stays far from its end.
  private static let maxTimeoutMicroseconds = 31_536_000_000_000

  /// - Parameters:
  ///   - stages: enters what it does; what is done later goes on from there.
  ///   - answerTakesLong: whether writing even a small output takes longer than an event loop may be kept.
  ///   - answer: writes the output; runs on any thread.
  /// - Throws: `.modelInput` where the model cannot take the input; `.memory` where there is none for its output; with a
  ///   run at once, what the run or the answer fails with.
  func outcome(
    _ stages: inout StageTimes, answerTakesLong: Bool = false,
    _ answer: @escaping @Sendable (Tensor) throws(ServiceError) -> Response
  ) throws(ServiceError) -> Outcome {
    try checkInput()
    let answer = leased(answer)
    if !answerTakesLong, served.model.isShort(for: input.shape), served.queue.depth == 0 {
      return .respond(try computed(&stages, nil, answer).with(stages))
    }
    let deadline = deadline
    var waiting = stages
    waiting.enter(.queue)
    return .later(
      Deferral { [self, waiting] cancellation, complete in
        do throws(InferenceFailure) {
          try served.queue.submit(
            InferenceWork(input: input, deadline: deadline, cancellation: cancellation) { result, run in
              let response = response(to: result, run, after: waiting, answer)
              return { complete(response) }
            })
          return nil
        } catch { return Problem(.inferenceFailure(error)).response.with(waiting) }
      })
  }

  /// Runs on the caller's thread, which has had its place in the common queue already.
  func response(
    _ stages: inout StageTimes, _ cancellation: Cancellation?,
    _ answer: @escaping @Sendable (Tensor) throws(ServiceError) -> Response
  ) throws(ServiceError) -> Response {
    try checkInput()
    return try computed(&stages, cancellation, leased(answer))
  }

  private func computed(
    _ stages: inout StageTimes, _ cancellation: Cancellation?,
    _ answer: (Tensor) throws(ServiceError) -> Response
  ) throws(ServiceError) -> Response {
    stages.enter(.compute)
    let output = try run(cancellation)
    stages.enter(.encode)
    return try recorded(output, answer)
  }

  /// The answer with an output, of which TensorBoard may be shown a share.
  private func recorded(
    _ output: Tensor, _ answer: (Tensor) throws(ServiceError) -> Response
  ) throws(ServiceError) -> Response {
    let response = try answer(output)
    tensorBoard?.consider(RecordedAnswer(output, from: .model(served), channels: ChannelOrder(served.model.output)))
    return response
  }

  private func run(_ cancellation: Cancellation?) throws(ServiceError) -> Tensor {
    do throws(InferenceFailure) {
      return try served.queue.runInPlace(input, cancellation: cancellation)
    } catch { throw .inferenceFailure(error) }
  }

  private func checkInput() throws(ServiceError) {
    let output: Shape
    do { output = try served.model.outputShape(for: input.shape) } catch { throw .modelInput(error) }
    do { try lease.fit(input.shape.float32Bytes + output.float32Bytes + textBytes) } catch { throw .memory(error) }
  }

  /// An answer that holds the lease until it has gone.
  private func leased(
    _ answer: @escaping @Sendable (Tensor) throws(ServiceError) -> Response
  ) -> @Sendable (Tensor) throws(ServiceError) -> Response {
    { [lease] output throws(ServiceError) in
      lease.shrink(toHold: output.shape.float32Bytes + textBytes)
      return try answer(output).holding(lease)
    }
  }

  private var deadline: Moment? {
    if let microseconds = timeoutMicroseconds, microseconds > 0 {
      return Moment.now + .microseconds(min(microseconds, InferenceRun.maxTimeoutMicroseconds))
    }
    return served.policy.defaultTimeout.map { Moment.now + $0 }
  }

  private func response(
    to result: Result<Tensor, InferenceFailure>, _ run: InferenceWork.Run?, after waiting: StageTimes,
    _ answer: (Tensor) throws(ServiceError) -> Response
  ) -> Response {
    var stages = waiting
    if let run {
      stages.enter(.compute, at: run.start)
      stages.leave(at: run.end)
    }
    do throws(ServiceError) {
      switch result {
      case .success(let output):
        stages.enter(.encode)
        var response = try recorded(output, answer).with(stages)
        response.run = run.map { ($0.end - $0.start) / max(1, $0.requestCount) }
        return response
      case .failure(let failure): throw .inferenceFailure(failure)
      }
    } catch { return Problem(error).response.with(stages) }
  }
}
