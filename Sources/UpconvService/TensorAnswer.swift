package import UpconvConvolution
package import UpconvHTTP
package import UpconvModels
package import UpconvPictures
package import UpconvTensor

/// Writes an output tensor as an answer of one kind.
package struct TensorAnswer: Sendable {
  let kind: AnswerKind
  /// Whether a JSON answer nests its numbers.
  let isNested: Bool
  /// Where the channels stand, for a picture.
  let channels: ChannelOrder
  let delivery: AnswerDelivery

  package init(
    kind: AnswerKind, isNested: Bool, channels: ChannelOrder, accepts: AcceptEncoding, minGzipBytes: Int,
    codings: CodingMetrics
  ) {
    self.kind = kind
    self.isNested = isNested
    self.channels = channels
    delivery = AnswerDelivery(accepts: accepts, minGzipBytes: minGzipBytes, codings: codings)
  }

  /// - Parameter name: what a container that names its tensors calls this one.
  /// - Throws: `.notFinite` where the kind is JSON and an element is NaN or infinite; `.picture`.
  package func response(_ output: Tensor, name: String = "output") throws(ServiceError) -> Response {
    let source = try kind.content(of: output, name: name, isNested: isNested, channels: channels)
    var fields = HTTPFields()
    fields.append("content-type", kind.mediaType)
    fields.append("vary", "Accept, Accept-Encoding")
    fields.append("upconv-shape", output.shape.dimensions.map(String.init).joined(separator: ","))
    // A picture is compressed in itself.
    guard kind != .png else { return Response(status: .ok, fields: fields, content: .source(source)) }
    return delivery.response(source, elementCount: output.shape.elementCount, fields: fields)
  }
}

extension ChannelOrder {
  /// The order of a layout's axes.
  package init(_ layout: Layout) {
    self = layout == .nchw ? .first : .last
  }

  /// The order in which a model's tensor is drawn: as its layout has it. One of three axes is a batch of one channel.
  package init(_ tensor: ModelTensor) {
    self = tensor.dimensions.count == 3 ? .absent : ChannelOrder(tensor.layout ?? .nhwc)
  }
}
