import UpconvHTTP
import UpconvJSON
import UpconvModels
import UpconvRepository
import UpconvTensor
import UpconvTensorBoard

/// One POST to a model's `:predict`.
final class PredictionReceiver: CodedContentReceiver {
  private let served: ServedModel
  private let delivery: AnswerDelivery
  private let decoder: PredictionDecoder
  private let tensorBoard: TensorBoardRecorder?
  let content: CodedContent
  private static let knownTypes = [ContentKind.json.mediaType]

  /// - Throws: what a head alone is refused for.
  init(_ head: RequestHead, _ served: ServedModel, _ configuration: ServiceConfiguration) throws(ServiceError) {
    self.served = served
    tensorBoard = configuration.tensorBoard
    delivery = AnswerDelivery(
      accepts: AcceptEncoding(head.fields.values(of: "accept-encoding")), minGzipBytes: configuration.minGzipBytes,
      codings: configuration.codings)
    // TensorFlow Serving does not look at Content-Type; its clients send all kinds.
    decoder = PredictionDecoder(configuration)
    content = try CodedContent(head, into: decoder, accepted: PredictionReceiver.knownTypes, configuration)
  }

  func end() -> Outcome {
    var stages = content.stages
    stages.enter(.parse)
    do throws(ServiceError) {
      try content.finish()
      let request = try decoder.finish(input: served.model.input.name)
      let answer = PredictionAnswer(form: request.form, delivery: delivery)
      let run = InferenceRun(
        served: served, input: request.input, timeoutMicroseconds: nil, textBytes: 0, tensorBoard: tensorBoard,
        lease: content.lease)
      return try run.outcome(&stages) { output throws(ServiceError) in try answer.response(output) }
    } catch { return .respond(Problem(error).response.with(stages)) }
  }
}

/// Reads a prediction's JSON as it comes.
final class PredictionDecoder: ContentDecoder {
  private var json: JSONReader

  init(_ configuration: ServiceConfiguration) {
    json = JSONReader(
      limits: configuration.json, isNumberArray: PredictionRequest.isNumberArray, rules: .objects)
  }

  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    do { try json.read(bytes) } catch { throw .json(error) }
  }

  var heldBytes: Int { json.heldBytes }

  /// - Parameter input: the name of the model's input.
  func finish(input: String) throws(ServiceError) -> PredictionRequest {
    let document: JSONValue
    do { document = try json.finish() } catch { throw .json(error) }
    do { return try PredictionRequest(document, input: input) } catch { throw .prediction(error) }
  }
}

/// Writes an output as TensorFlow Serving does: nested numbers, without the name of the only output.
struct PredictionAnswer: Sendable {
  let form: PredictionRequest.Form
  let delivery: AnswerDelivery

  /// - Throws: `.notFinite`: the tokens NaN and Infinity, which TensorFlow Serving writes, are no JSON.
  func response(_ output: Tensor) throws(ServiceError) -> Response {
    try output.checkFinite()
    var fields = HTTPFields()
    fields.append("content-type", "application/json")
    fields.append("vary", "Accept-Encoding")
    let content = JSONAnswerContent(
      output, isNested: true, opening: Array("{\"\(form.answerField)\":".utf8), closing: Array("}\n".utf8))
    return delivery.response(content, elementCount: output.shape.elementCount, fields: fields)
  }
}
