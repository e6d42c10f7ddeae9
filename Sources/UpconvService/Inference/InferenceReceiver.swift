import UpconvFormats
import UpconvHTTP
import UpconvMemory
import UpconvModels
import UpconvRepository
import UpconvSystem
import UpconvTensor
import UpconvTensorBoard

/// One POST to a model's `infer`: content in, answer out, by way of the model's queue.
final class InferenceReceiver: CodedContentReceiver {
  private let decoder: any InferenceDecoder
  let content: CodedContent
  private let order: InferenceOrder

  /// Larger archives are decompressed away from the event loop.
  private static let maxArchiveBytesReadInPlace = 2048

  /// - Throws: what a head alone is refused for: media type, coding, Accept, the length of the JSON.
  init(_ head: RequestHead, _ served: ServedModel, _ configuration: borrowing ServiceConfiguration) throws(ServiceError)
  {
    let kind = try InferenceKind(head.fields)
    order = InferenceOrder(
      served: served, kind: try InferenceAnswerKind(head.fields, answering: kind),
      accepts: AcceptEncoding(head.fields.values(of: "accept-encoding")), minGzipBytes: configuration.minGzipBytes,
      tensorBoard: configuration.tensorBoard, codings: configuration.codings)
    decoder = try kind.decoder(
      served.signature, jsonBytes: try InferenceReceiver.jsonBytes(head.fields), configuration)
    content = try CodedContent(head, into: decoder, accepted: InferenceKind.knownTypes, configuration)
  }

  private static func jsonBytes(_ fields: HTTPFields) throws(ServiceError) -> Int? {
    guard let value = fields.first("inference-header-content-length") else { return nil }
    guard value.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let bytes = Int(value),
      fields.count(of: "inference-header-content-length") == 1
    else { throw .inference(.headerLength(value: value)) }
    return bytes
  }

  func end() -> Outcome {
    var stages = content.stages
    stages.enter(.parse)
    do throws(ServiceError) {
      guard !content.isEmpty else { throw .missingInferenceContent }
      try content.finish()
      switch try decoder.finish() {
      case .request(let request): return try order.outcome(of: request, content.lease, &stages)
      case .archive(let archive, let limits):
        guard archive.byteCount > InferenceReceiver.maxArchiveBytesReadInPlace else {
          let request = try InferenceReceiver.request(archive, limits, order.served.signature, content.lease)
          return try order.outcome(of: request, content.lease, &stages)
        }
        // Decompressing takes a place in the queue that all share, and then the model's own.
        return .compute(
          Job(after: stages) { [order, lease = content.lease] stages, cancellation throws(ServiceError) in
            stages.enter(.parse)
            let request = try InferenceReceiver.request(archive, limits, order.served.signature, lease)
            return try order.response(to: request, lease, &stages, cancellation)
          })
      }
    } catch { return .respond(Problem(error).response.with(stages)) }
  }

  private static func request(
    _ archive: CollectedArchive, _ limits: FormatLimits, _ signature: InferenceSignature, _ lease: MemoryLease
  ) throws(ServiceError) -> InferenceRequest {
    let bundle = try TensorBundle(ofArchive: archive, limits, lease)
    do { return InferenceRequest(input: try bundle.input(of: signature)) } catch { throw .inference(error) }
  }
}

/// What a request's head asked for, to be met once its content is read.
struct InferenceOrder: Sendable {
  let served: ServedModel
  let kind: InferenceAnswerKind
  let accepts: AcceptEncoding
  let minGzipBytes: Int
  let tensorBoard: TensorBoardRecorder?
  let codings: CodingMetrics

  func outcome(
    of request: InferenceRequest, _ lease: MemoryLease, _ stages: inout StageTimes
  ) throws(ServiceError) -> Outcome {
    let answer = answer(request.wishes)
    return try run(request, lease).outcome(&stages, answerTakesLong: kind.takesLong) { output throws(ServiceError) in
      try answer.response(output)
    }
  }

  /// For a caller that has had its place in the common queue already.
  func response(
    to request: InferenceRequest, _ lease: MemoryLease, _ stages: inout StageTimes,
    _ cancellation: Cancellation
  ) throws(ServiceError) -> Response {
    let answer = answer(request.wishes)
    return try run(request, lease).response(&stages, cancellation) { output throws(ServiceError) in
      try answer.response(output)
    }
  }

  private func run(_ request: InferenceRequest, _ lease: MemoryLease) -> InferenceRun {
    InferenceRun(
      served: served, input: request.input, timeoutMicroseconds: request.wishes.timeoutMicroseconds,
      textBytes: request.wishes.id?.utf8.count ?? 0,
      tensorBoard: tensorBoard, lease: lease)
  }

  private func answer(_ wishes: InferenceRequest.Wishes) -> InferenceAnswer {
    InferenceAnswer(
      served: served, kind: kind, wishes: wishes, accepts: accepts, minGzipBytes: minGzipBytes,
      codings: codings)
  }
}

extension ServedModel {
  var signature: InferenceSignature {
    InferenceSignature(
      inputName: model.input.name, inputDimensions: model.input.dimensions, outputName: model.output.name)
  }
}
