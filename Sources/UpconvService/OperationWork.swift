import UpconvConvolution
import UpconvHTTP
import UpconvMemory
import UpconvPictures
import UpconvSystem
import UpconvTensor
import UpconvTensorBoard

/// What a request's head asked for, to be met once its content is read.
struct OperationWishes: Sendable {
  let query: [ResourcePath.QueryItem]
  let answerKind: AnswerKind
  let accepts: AcceptEncoding
  let configuration: ServiceConfiguration
  let layers: LayerCache

  /// The request that head and content make together.
  /// - Parameter lease: of the request's memory.
  func work(_ content: DecodedContent, _ lease: MemoryLease) throws(ServiceError) -> OperationWork {
    var parts = try content.parts(lease)
    for item in query { parts.appendOption(item.name, text: item.value, limits: configuration.json) }
    let request: OperationRequest
    do { request = try OperationRequest(parts) } catch { throw .operation(error) }
    let answer = TensorAnswer(
      kind: answerKind, isNested: request.isNested,
      channels: ChannelOrder(request.operation.layout), accepts: accepts,
      minGzipBytes: configuration.minGzipBytes, codings: configuration.codings)
    return OperationWork(
      request: request, answer: answer, threads: configuration.threads, layers: layers,
      tensorBoard: configuration.tensorBoard, lease: lease)
  }
}

/// What is left to do once a request is read: plan, run, write the answer. Runs on any thread.
struct OperationWork: Sendable {
  let request: OperationRequest
  let answer: TensorAnswer
  let threads: Int
  let layers: LayerCache
  let tensorBoard: TensorBoardRecorder?
  let lease: MemoryLease

  func plan() throws(ServiceError) -> ConvolutionPlan {
    do { return try request.plan(layers) } catch { throw .geometry(error) }
  }

  /// - Parameter stages: enters what it does; the last is still going on when it returns.
  func response(
    _ stages: inout StageTimes, _ cancellation: Cancellation?
  ) throws(ServiceError) -> Response {
    stages.enter(.compute)
    return try response(try plan(), &stages, cancellation)
  }

  func response(
    _ plan: ConvolutionPlan, _ stages: inout StageTimes, _ cancellation: Cancellation?
  ) throws(ServiceError) -> Response {
    let (inputBytes, outputBytes) = (request.inputBytes, plan.outputShape.float32Bytes)
    do { try lease.fit(inputBytes + outputBytes) } catch { throw .memory(error) }
    stages.enter(.compute)
    let output = try run(plan, cancellation)
    lease.shrink(toHold: outputBytes)
    stages.enter(.encode)
    let response = try answer.response(output).holding(lease)
    tensorBoard?.consider(RecordedAnswer(output, from: .operation, channels: answer.channels))
    return response
  }

  private func run(
    _ plan: ConvolutionPlan, _ cancellation: Cancellation?
  ) throws(ServiceError) -> Tensor {
    do {
      return try plan.run(request.input, threads: threads, cancellation: cancellation)
    } catch { throw .run(error) }
  }
}

extension OperationRequest {
  /// Bytes of all its tensors.
  fileprivate var inputBytes: Int {
    input.shape.float32Bytes + filters.shape.float32Bytes + (bias?.shape.float32Bytes ?? 0)
  }
}

extension Job {
  /// A job whose failure is answered with its problem. It is in the queue from here on.
  /// - Parameter stages: of the request so far; `response` goes on with them.
  init(
    after stages: StageTimes,
    _ response:
      @escaping @Sendable (
        _ stages: inout StageTimes, _ cancellation: Cancellation
      ) throws(ServiceError) -> Response
  ) {
    var waiting = stages
    waiting.enter(.queue)
    self.init(run: { [waiting] cancellation in
      var stages = waiting
      do throws(ServiceError) {
        return try response(&stages, cancellation).with(stages)
      } catch { return Problem(error).response.with(stages) }
    })
  }
}
