import UpconvConvolution
import UpconvHTTP
import UpconvMemory
import UpconvPictures
import UpconvTensor

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
      channels: request.operation.layout == .nchw ? .first : .last, accepts: accepts,
      minGzipBytes: configuration.minGzipBytes)
    return OperationWork(
      request: request, answer: answer, threads: configuration.threads, layers: layers, lease: lease)
  }
}

/// What is left to do once a request is read: plan, run, write the answer. Runs on any thread.
struct OperationWork: Sendable {
  let request: OperationRequest
  let answer: TensorAnswer
  let threads: Int
  let layers: LayerCache
  let lease: MemoryLease

  func plan() throws(ServiceError) -> ConvolutionPlan {
    do { return try request.plan(layers) } catch { throw .geometry(error) }
  }

  func response(_ isCancelled: @escaping @Sendable () -> Bool) throws(ServiceError) -> Response {
    try response(try plan(), isCancelled)
  }

  func response(
    _ plan: ConvolutionPlan, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws(ServiceError) -> Response {
    let (input, output) = (request.inputBytes, plan.outputShape.float32Bytes)
    do { try lease.fit(input + output) } catch { throw .memory(error) }
    let tensor = try run(plan, isCancelled)
    lease.shrink(toHold: output)
    return try answer.response(tensor).holding(lease)
  }

  private func run(
    _ plan: ConvolutionPlan, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws(ServiceError) -> Tensor {
    do {
      return try plan.run(request.input, threads: threads, isCancelled: isCancelled)
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
  /// A job whose failure is answered with its problem.
  init(
    _ response: @escaping @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) throws(ServiceError) -> Response
  ) {
    self.init(run: { isCancelled in
      do throws(ServiceError) { return try response(isCancelled) } catch { return Problem(error).response }
    })
  }
}
