import UpconvHTTP
import UpconvJSON
import UpconvModels
import UpconvPictures
import UpconvRepository
import UpconvTensor

/// Writes a model's output as the client wants it.
struct InferenceAnswer: Sendable {
  let served: ServedModel
  let kind: InferenceAnswerKind
  let wishes: InferenceRequest.Wishes
  let accepts: AcceptEncoding
  let minGzipBytes: Int
  let codings: CodingMetrics

  /// What stands before the numbers is seldom longer.
  private static let usualOpeningBytes = 256
  /// What stands behind them.
  private static let closing = Array("}]}\n".utf8)

  /// - Throws: `.notFinite` where numbers go into JSON and one is NaN or infinite.
  func response(_ output: Tensor) throws(ServiceError) -> Response {
    switch kind {
    case .tensor(.octetStream) where wishes.isBinary, .inference:
      return try protocolResponse(output)
    case .tensor(let kind):
      return try TensorAnswer(
        kind: kind, isNested: false, channels: ChannelOrder(served.model.output), accepts: accepts,
        minGzipBytes: minGzipBytes, codings: codings
      ).response(output, name: served.model.output.name)
    }
  }

  /// The protocol's own form: one output, in JSON or behind it.
  private func protocolResponse(_ output: Tensor) throws(ServiceError) -> Response {
    var fields = HTTPFields()
    var opening: [UInt8] = []
    opening.reserveCapacity(InferenceAnswer.usualOpeningBytes)
    JSONText.append(literal: "{\"model_name\":", to: &opening)
    JSONText.append(served.name, to: &opening)
    JSONText.append(literal: ",\"model_version\":\"", to: &opening)
    JSONText.append(served.version, to: &opening)
    JSONText.append(literal: "\",", to: &opening)
    if let id = wishes.id {
      JSONText.append(literal: "\"id\":", to: &opening)
      JSONText.append(id, to: &opening)
      opening.append(UInt8(ascii: ","))
    }
    JSONText.append(literal: "\"outputs\":[{\"name\":", to: &opening)
    JSONText.append(served.model.output.name, to: &opening)
    JSONText.append(literal: ",\"datatype\":\"FP32\",\"shape\":", to: &opening)
    JSONText.append(output.shape.dimensions, to: &opening)
    opening.append(UInt8(ascii: ","))
    let delivery = AnswerDelivery(accepts: accepts, minGzipBytes: minGzipBytes, codings: codings)
    fields.append("vary", "Accept, Accept-Encoding")
    let content: any ContentSource
    if wishes.isBinary {
      let bytes = output.shape.elementCount * MemoryLayout<Float>.size
      opening += "\"parameters\":{\"binary_data_size\":\(bytes)}}]}".utf8
      fields.append("content-type", "application/octet-stream")
      fields.append("inference-header-content-length", "\(opening.count)")
      content = TensorBytesContent(prefix: opening, output)
    } else {
      try output.checkFinite()
      JSONText.append(literal: "\"data\":", to: &opening)
      fields.append("content-type", "application/json")
      guard output.shape.elementCount > AnswerDelivery.maxElementsWrittenAtOnce else {
        var encoder = JSONTensorEncoder(tensor: output, nested: false)
        while encoder.append(to: &opening, upTo: .max) {}
        opening += InferenceAnswer.closing
        return delivery.response(opening, fields: fields)
      }
      content = JSONAnswerContent(output, isNested: false, opening: opening, closing: InferenceAnswer.closing)
    }
    return delivery.response(content, elementCount: output.shape.elementCount, fields: fields)
  }
}
