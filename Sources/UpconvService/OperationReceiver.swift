import UpconvConvolution
import UpconvHTTP
import UpconvTensor

/// One POST to /v1/conv2d_transpose: content in, answer out.
final class OperationReceiver: ContentReceiver {
  private let decoder: any OperationDecoder
  private let configuration: ServiceConfiguration
  private let query: [ResourcePath.QueryItem]
  private let answerKind: AnswerKind
  private let prefersGzip: Bool
  private var hasContent = false

  /// Requests with more elements than this are prepared away from the event loop: packing them takes longer than
  /// handing them over.
  private static let maxElementsPreparedInPlace = 16_384

  /// - Throws: what a head alone is refused for: media type, coding, Accept.
  init(_ head: RequestHead, query: [ResourcePath.QueryItem], _ configuration: ServiceConfiguration)
    throws(ServiceError)
  {
    let kind = try ContentKind(head.fields)
    answerKind = try AnswerKind(head.fields, answering: kind)
    prefersGzip = AcceptEncoding(head.fields.values(of: "accept-encoding")).prefersGzip
    self.query = query
    self.configuration = configuration
    decoder = try OperationReceiver.decoder(kind, head, configuration)
  }

  private static func decoder(
    _ kind: ContentKind, _ head: RequestHead, _ configuration: ServiceConfiguration
  ) throws(ServiceError) -> any OperationDecoder {
    let decoder = kind.decoder(configuration)
    let values = head.fields.values(of: "content-encoding")
    switch ContentCodings(values)?.names {
    case []: return decoder
    case ["gzip"], ["x-gzip"]: return GzipOperationDecoder(decoder, maxInflatedBytes: configuration.maxInflatedBytes)
    case ["identity"]: return decoder
    default: throw .unsupportedContentCoding(values.joined(separator: ", "))
    }
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Response? {
    hasContent = hasContent || !bytes.isEmpty
    do {
      try decoder.read(bytes)
      return nil
    } catch { return Problem(error).response }
  }

  func end() -> Outcome {
    do throws(ServiceError) {
      return try answer()
    } catch { return .respond(Problem(error).response) }
  }

  private func answer() throws(ServiceError) -> Outcome {
    guard hasContent else { throw .missingContent }
    var parts = try decoder.finish()
    for item in query { parts.appendOption(item.name, text: item.value, limits: configuration.json) }
    let request: OperationRequest
    do { request = try OperationRequest(parts) } catch { throw .operation(error) }
    let answer = TensorAnswer(
      kind: answerKind, isNested: request.isNested, prefersGzip: prefersGzip,
      minGzipBytes: configuration.minGzipBytes)
    let work = OperationWork(request: request, answer: answer, configuration: configuration)
    let elements = request.input.shape.elementCount + request.filters.shape.elementCount
    guard elements <= OperationReceiver.maxElementsPreparedInPlace else {
      return .compute(Job { isCancelled in work.response(isCancelled) })
    }
    let plan = try work.plan()
    guard plan.isTiny else {
      return .compute(Job { isCancelled in work.response(plan, isCancelled) })
    }
    return .respond(work.response(plan) { false })
  }
}

/// What is left to do once a request is read: plan, run, write the answer. Runs on any thread.
struct OperationWork: Sendable {
  let request: OperationRequest
  let answer: TensorAnswer
  let configuration: ServiceConfiguration

  func plan() throws(ServiceError) -> ConvolutionPlan {
    do { return try request.plan(limits: configuration.convolution) } catch { throw .geometry(error) }
  }

  func response(_ isCancelled: @escaping @Sendable () -> Bool) -> Response {
    do throws(ServiceError) {
      return response(try plan(), isCancelled)
    } catch { return Problem(error).response }
  }

  func response(_ plan: ConvolutionPlan, _ isCancelled: @escaping @Sendable () -> Bool) -> Response {
    do throws(ServiceError) {
      return try answer.response(try run(plan, isCancelled))
    } catch { return Problem(error).response }
  }

  private func run(
    _ plan: ConvolutionPlan, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws(ServiceError) -> Tensor {
    do {
      return try plan.run(request.input, threads: configuration.threads, isCancelled: isCancelled)
    } catch { throw .run(error) }
  }
}
