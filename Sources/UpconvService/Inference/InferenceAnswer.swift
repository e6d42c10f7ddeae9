import UpconvHTTP
import UpconvJSON
import UpconvModels
import UpconvRepository
import UpconvTensor

/// Writes a model's output as the client wants it.
struct InferenceAnswer: Sendable {
  let served: ServedModel
  let kind: InferenceAnswerKind
  let wishes: InferenceRequest.Wishes
  let accepts: AcceptEncoding
  let minGzipBytes: Int

  /// What stands before the numbers is seldom longer.
  private static let usualOpeningBytes = 256

  /// - Throws: `.notFinite` where numbers go into JSON and one is NaN or infinite.
  func response(_ output: Tensor) throws(ServiceError) -> Response {
    switch kind {
    case .tensor(.octetStream) where wishes.isBinary, .inference:
      return try protocolResponse(output)
    case .tensor(let kind):
      return try TensorAnswer(kind: kind, isNested: false, accepts: accepts, minGzipBytes: minGzipBytes)
        .response(output, name: served.model.output.name)
    }
  }

  /// The protocol's own form: one output, in JSON or behind it.
  private func protocolResponse(_ output: Tensor) throws(ServiceError) -> Response {
    var fields = HTTPFields()
    var opening: [UInt8] = []
    opening.reserveCapacity(InferenceAnswer.usualOpeningBytes)
    opening += "{\"model_name\":".utf8
    JSONText.append(served.name, to: &opening)
    opening += ",\"model_version\":\"".utf8
    JSONText.append(served.version, to: &opening)
    opening += "\",".utf8
    if let id = wishes.id {
      opening += "\"id\":".utf8
      JSONText.append(id, to: &opening)
      opening.append(UInt8(ascii: ","))
    }
    opening += "\"outputs\":[{\"name\":".utf8
    JSONText.append(served.model.output.name, to: &opening)
    opening += ",\"datatype\":\"FP32\",\"shape\":".utf8
    JSONText.append(output.shape.dimensions, to: &opening)
    opening.append(UInt8(ascii: ","))
    let content: any ContentSource
    if wishes.isBinary {
      let bytes = output.shape.elementCount * MemoryLayout<Float>.size
      opening += "\"parameters\":{\"binary_data_size\":\(bytes)}}]}".utf8
      fields.append("content-type", "application/octet-stream")
      fields.append("inference-header-content-length", "\(opening.count)")
      content = TensorBytesContent(prefix: opening, output)
    } else {
      try output.checkFinite()
      opening += "\"data\":".utf8
      fields.append("content-type", "application/json")
      content = JSONAnswerContent(output, isNested: false, opening: opening, closing: Array("}]}\n".utf8))
    }
    fields.append("vary", "Accept, Accept-Encoding")
    return AnswerDelivery(accepts: accepts, minGzipBytes: minGzipBytes)
      .response(content, elementCount: output.shape.elementCount, fields: fields)
  }
}
