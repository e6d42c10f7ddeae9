import UpconvHTTP
import UpconvJSON
import UpconvModels
import UpconvRepository
import UpconvTensor

/// One POST to a model's `:predict`.
final class PredictionReceiver: ContentReceiver, ContentDecoder {
  private let served: ServedModel
  private let accepts: AcceptEncoding
  private let configuration: ServiceConfiguration
  private var json: JSONReader
  // Set once, right after init: it reads into this object.
  private var content: CodedContent?

  /// - Throws: what a head alone is refused for.
  init(_ head: RequestHead, _ served: ServedModel, _ configuration: ServiceConfiguration) throws(ServiceError) {
    self.served = served
    self.configuration = configuration
    accepts = AcceptEncoding(head.fields.values(of: "accept-encoding"))
    json = JSONReader(
      limits: configuration.json, isNumberArray: PredictionRequest.isNumberArray, rules: .objects)
    // TensorFlow Serving does not look at Content-Type; its clients send all kinds.
    content = try CodedContent(
      head.fields, into: Weakly(self), maxInflatedBytes: configuration.maxInflatedBytes)
  }

  /// Breaks the circle of content and decoder.
  private final class Weakly: ContentDecoder {
    unowned let receiver: PredictionReceiver
    init(_ receiver: PredictionReceiver) { self.receiver = receiver }
    func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) { try receiver.read(bytes) }
  }

  func read(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
    do { try json.read(bytes) } catch { throw .json(error) }
  }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Response? {
    do {
      try content?.read(bytes)
      return nil
    } catch { return Problem(error).response }
  }

  func end() -> Outcome {
    do throws(ServiceError) {
      try content?.finish()
      let document: JSONValue
      do { document = try json.finish() } catch { throw .json(error) }
      let request: PredictionRequest
      do {
        request = try PredictionRequest(document, input: served.model.input.name)
      } catch { throw .prediction(error) }
      let answer = PredictionAnswer(
        form: request.form, delivery: AnswerDelivery(accepts: accepts, minGzipBytes: configuration.minGzipBytes))
      return try InferenceRun(served: served, input: request.input, timeoutMicroseconds: nil)
        .outcome { output throws(ServiceError) in try answer.response(output) }
    } catch { return .respond(Problem(error).response) }
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
