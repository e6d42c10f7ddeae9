import UpconvCompression
import UpconvConvolution
import UpconvFormats
package import UpconvHTTP
import UpconvJSON

/// An answer that tells what is wrong (RFC 9457), in one sentence for people and in members for programs.
package struct Problem {
  let status: Status
  package let detail: String
  /// The field of the request that has to change.
  var field: String?
  var fields: [(name: String, value: String)] = []

  /// `application/problem+json` with the members `type`, `title`, `status`, `detail`, `error` (the same sentence,
  /// under the name that inference clients look for), and `field` where one is concerned.
  package var response: Response {
    // The causes cut short what they repeat; nothing that a client sent makes an answer long.
    let detail = detail.cutShort(to: 1000)
    var bytes: [UInt8] = Array("{\"type\":\"about:blank\",\"title\":".utf8)
    JSONText.append(status.reasonPhrase, to: &bytes)
    bytes += ",\"status\":\(status.code),\"detail\":".utf8
    JSONText.append(detail, to: &bytes)
    bytes += ",\"error\":".utf8
    JSONText.append(detail, to: &bytes)
    if let field {
      bytes += ",\"field\":".utf8
      JSONText.append(field.cutShort(to: 200), to: &bytes)
    }
    bytes += "}\n".utf8
    var headers = HTTPFields()
    headers.append("content-type", "application/problem+json")
    for (name, value) in fields { headers.append(name, value) }
    return Response(status: status, fields: headers, content: .bytes(bytes))
  }
}

extension Problem {
  /// The one place where an error becomes a status and a sentence.
  package init(_ error: ServiceError) {
    switch error {
    case .refused(let refusal):
      self.init(refusal)
    case .access(let error):
      self.init(error)
    case .notFound(let path):
      self.init(
        status: .notFound,
        detail: "there is nothing at \(path); POST /v1/conv2d_transpose computes, POST /v2/models/NAME/infer runs a "
          + "model, GET /openapi.yaml describes all")
    case .methodNotAllowed(let method, let allowed):
      let names = allowed.map(\.rawValue).joined(separator: ", ")
      self.init(
        status: .methodNotAllowed, detail: "\(method.rawValue) is not allowed here: use \(names)",
        fields: [("allow", names)])
    case .unsupportedMediaType(let type, let types):
      let known = types.joined(separator: ", ")
      let isForm = MediaType(type)?.type == "multipart"
      self.init(
        status: .unsupportedMediaType,
        detail: isForm
          ? ContentSignature.multipartAdvice(types)
          : "Content-Type is \"\(type)\", but must be one of \(known)",
        fields: [("accept", known)])
    case .mistakenContent(let signature, let accepted):
      self.init(
        status: .unsupportedMediaType, detail: signature.sentence(accepted: accepted),
        fields: [("accept", accepted.joined(separator: ", "))])
    case .unsupportedContentCoding(let coding):
      self.init(
        status: .unsupportedMediaType,
        detail: "Content-Encoding is \"\(coding)\", but must be gzip, deflate or identity",
        fields: [("accept-encoding", "gzip, deflate, identity")])
    case .memory(let refusal):
      self.init(refusal)
    case .notAcceptable(let accept):
      let known = AnswerKind.allCases.map(\.mediaType).joined(separator: ", ")
      self.init(
        status: .notAcceptable, detail: "Accept is \"\(accept)\", but an answer is one of \(known)",
        fields: [("vary", "Accept")])
    case .missingLength:
      self.init(
        status: .lengthRequired,
        detail: "the request has no content: it needs Content-Length, or Transfer-Encoding: chunked")
    case .missingContent:
      self.init(status: .badRequest, detail: "the request has no content: send a JSON object, safetensors or NPZ")
    case .missingInferenceContent:
      self.init(
        status: .badRequest,
        detail: "the request has no content: send {\"inputs\": [...]}, or a file of NumPy's or safetensors'")
    case .tooMuchContent(let maxBytes):
      self.init(status: .contentTooLarge, detail: "the content is larger than the \(maxBytes) bytes allowed here")
    case .json(let error):
      self.init(
        status: .badRequest, detail: "JSON: \(error)", field: error.path.map(\.description).flatMap(Problem.nonEmpty))
    case .notAnObject:
      self.init(
        status: .badRequest, detail: "the JSON content must be an object: {\"input\": ..., \"filters\": ...}")
    case .safetensors(let error):
      self.init(status: .badRequest, detail: "safetensors: \(error)")
    case .npz(let error):
      switch error {
      case .bodyTooLarge, .inflatedTooLarge, .noMemory: self.init(status: .contentTooLarge, detail: "\(error)")
      case .zip, .entryNotNpy, .npy: self.init(status: .badRequest, detail: "NPZ: \(error)")
      }
    case .npy(let error):
      self.init(status: .badRequest, detail: "NumPy: \(error)")
    case .elements(let error):
      self.init(status: .contentTooLarge, detail: "\(error)")
    case .coding(let coding, let error):
      if case .tooLarge = error {
        self.init(status: .contentTooLarge, detail: "\(coding): \(error)")
      } else {
        self.init(status: .badRequest, detail: "\(coding): \(error)")
      }
    case .operation(let error):
      self.init(status: .badRequest, detail: "\(error)", field: error.field)
    case .inference(let error):
      self.init(status: .badRequest, detail: "\(error)", field: error.field)
    case .prediction(let error):
      self.init(status: .badRequest, detail: "\(error)", field: error.field)
    case .modelInput(let error):
      self.init(status: .badRequest, detail: "\(error)", field: "inputs")
    case .repository(let error):
      self.init(error)
    case .inferenceFailure(let failure):
      self.init(failure)
    case .geometry(let error):
      self.init(status: .badRequest, detail: "\(error)", field: error.field)
    case .notFinite(let value, let position):
      let index = position.map(String.init).joined(separator: ",")
      self.init(
        status: .unprocessableContent,
        detail: "the output has \(value) at [\(index)], which JSON cannot say; ask for "
          + "\(AnswerKind.safetensors.mediaType), \(AnswerKind.npy.mediaType) or "
          + "\(AnswerKind.octetStream.mediaType) with Accept")
    case .picture(let error):
      self.init(status: .unprocessableContent, detail: "\(error); ask for another kind of answer with Accept")
    case .run(.cancelled):
      self.init(status: .serviceUnavailable, detail: "the computation was given up", fields: [("retry-after", "1")])
    case .run(.wrongInput(let planned, let given)):
      self.init(
        status: .internalServerError, detail: "an input of \(given) met a plan for \(planned); this is our fault")
    }
  }

  private static func nonEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }
}
