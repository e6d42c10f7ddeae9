import UpconvHTTP

/// The containers that an inference request may come in.
enum InferenceKind: Sendable, CaseIterable {
  /// The protocol's own: JSON, with or without bytes behind it.
  case inference
  case safetensors, npz, npy

  var mediaTypes: [String] {
    switch self {
    // Clients of the binary extension send either, or none at all.
    case .inference: ["application/json", "application/octet-stream"]
    case .safetensors: ["application/vnd.safetensors"]
    case .npz: ["application/x-npz"]
    case .npy: ["application/x-npy"]
    }
  }

  static let knownTypes = allCases.flatMap(\.mediaTypes)

  private static let byMediaType: [String: InferenceKind] = {
    let own = allCases.flatMap { kind in kind.mediaTypes.map { ($0, kind) } }
    return Dictionary(uniqueKeysWithValues: own + [("application/x-www-form-urlencoded", .inference)])
  }()

  /// By `Content-Type`; without one, and with the one that `curl -d` sends, it is the protocol's.
  /// - Throws: `.unsupportedMediaType`.
  init(_ fields: HTTPFields) throws(ServiceError) {
    guard let value = fields.first("content-type") else {
      self = .inference
      return
    }
    // Nearly all are sent in lower case and without parameters.
    guard value != "application/json" else {
      self = .inference
      return
    }
    guard let kind = InferenceKind.byMediaType[value] ?? InferenceKind.byMediaType[MediaType(value)?.essence ?? ""]
    else { throw .unsupportedMediaType(value, known: InferenceKind.knownTypes) }
    self = kind
  }

  /// - Parameter jsonBytes: what `Inference-Header-Content-Length` says; nil if it is absent.
  func decoder(
    _ signature: InferenceSignature, jsonBytes: Int?, _ configuration: borrowing ServiceConfiguration
  ) throws(ServiceError) -> any InferenceDecoder {
    switch self {
    case .inference where jsonBytes == 0: try RawInferenceDecoder(signature, configuration)
    case .inference: ProtocolInferenceDecoder(signature, jsonBytes: jsonBytes, configuration)
    case .safetensors: SafetensorsInferenceDecoder(signature, configuration)
    case .npz: NpzInferenceDecoder(configuration)
    case .npy: NpyInferenceDecoder(configuration)
    }
  }
}

/// The forms that the answer to an inference request may take.
enum InferenceAnswerKind: Sendable {
  /// The protocol's own.
  case inference
  /// The output alone.
  case tensor(AnswerKind)

  var takesLong: Bool {
    switch self {
    case .inference: false
    case .tensor(let kind): kind.takesLong
    }
  }

  /// By `Accept`; of what it likes equally, the kind of the request comes first.
  /// - Throws: `.notAcceptable`.
  init(_ fields: HTTPFields, answering kind: InferenceKind) throws(ServiceError) {
    let own: InferenceAnswerKind =
      switch kind {
      case .inference: .inference
      case .safetensors: .tensor(.safetensors)
      case .npz, .npy: .tensor(.npy)
      }
    let accept = fields.values(of: "accept")
    guard !accept.isEmpty else {
      self = own
      return
    }
    let ownType: String =
      switch own {
      case .inference: "application/json"
      case .tensor(let kind): kind.mediaType
      }
    let types = [ownType] + AnswerKind.allCases.map(\.mediaType).filter { $0 != ownType }
    guard let best = AcceptList(accept).best(of: types.compactMap { MediaType($0) }) else {
      throw .notAcceptable(accept.joined(separator: ", "))
    }
    if best.essence == "application/json" {
      self = .inference
    } else if let kind = AnswerKind.allCases.first(where: { $0.mediaType == best.essence }) {
      self = .tensor(kind)
    } else {
      throw .notAcceptable(accept.joined(separator: ", "))
    }
  }
}
