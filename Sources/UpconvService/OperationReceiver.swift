import UpconvConvolution
import UpconvHTTP
import UpconvTensor

/// One POST to /v1/conv2d_transpose: content in, answer out.
final class OperationReceiver: CodedContentReceiver {
  private let decoder: any OperationDecoder
  let content: CodedContent
  private let wishes: OperationWishes

  /// Requests with more elements than this are prepared away from the event loop: packing them takes longer than
  /// handing them over.
  private static let maxElementsPreparedInPlace = 16_384
  /// Likewise for decompressing an NPZ, which may hold a thousand times as much.
  private static let maxArchiveBytesReadInPlace = 2048

  /// - Throws: what a head alone is refused for: media type, coding, Accept.
  init(
    _ head: RequestHead, query: [ResourcePath.QueryItem], _ configuration: ServiceConfiguration, _ layers: LayerCache
  ) throws(ServiceError) {
    let kind = try ContentKind(head.fields)
    wishes = OperationWishes(
      query: query, answerKind: try AnswerKind(head.fields, answering: kind),
      accepts: AcceptEncoding(head.fields.values(of: "accept-encoding")), configuration: configuration,
      layers: layers)
    decoder = kind.decoder(configuration)
    content = try CodedContent(
      head, into: decoder, accepted: ContentKind.knownTypes, configuration)
  }

  func end() -> Outcome {
    var stages = content.stages
    stages.enter(.parse)
    do throws(ServiceError) {
      return try outcome(&stages)
    } catch { return .respond(Problem(error).response.with(stages)) }
  }

  private func outcome(_ stages: inout StageTimes) throws(ServiceError) -> Outcome {
    guard !content.isEmpty else { throw .missingContent }
    try content.finish()
    let (lease, content) = (content.lease, try decoder.finish())
    if case .archive(let archive, _) = content, archive.byteCount > OperationReceiver.maxArchiveBytesReadInPlace {
      return .compute(
        Job(after: stages) { [wishes] stages, cancellation throws(ServiceError) in
          stages.enter(.parse)
          return try wishes.work(content, lease).response(&stages, cancellation)
        })
    }
    let work = try wishes.work(content, lease)
    let elements = work.request.input.shape.elementCount + work.request.filters.shape.elementCount
    guard elements <= OperationReceiver.maxElementsPreparedInPlace else {
      return .compute(
        Job(after: stages) { stages, cancellation throws(ServiceError) in try work.response(&stages, cancellation) })
    }
    stages.enter(.compute)
    let plan = try work.plan()
    guard plan.isTiny, !wishes.answerKind.takesLong else {
      return .compute(
        Job(after: stages) { stages, cancellation throws(ServiceError) in
          try work.response(plan, &stages, cancellation)
        })
    }
    return .respond(try work.response(plan, &stages, nil).with(stages))
  }
}
