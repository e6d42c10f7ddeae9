import UpconvHTTP

/// The containers that a request may come in.
package enum ContentKind: Sendable, CaseIterable {
  case json, safetensors, npz

  static let knownTypes = allCases.map(\.mediaType)

  package var mediaType: String {
    switch self {
    case .json: "application/json"
    case .safetensors: "application/vnd.safetensors"
    case .npz: "application/x-npz"
    }
  }

  /// By `Content-Type`; without one, and with the one that `curl -d` sends, it is JSON.
  /// - Throws: `.unsupportedMediaType`.
  init(_ fields: HTTPFields) throws(ServiceError) {
    guard let value = fields.first("content-type") else {
      self = .json
      return
    }
    let essence = MediaType(value)?.essence
    if essence == "application/x-www-form-urlencoded" {
      self = .json
      return
    }
    guard let kind = ContentKind.allCases.first(where: { $0.mediaType == essence }) else {
      throw .unsupportedMediaType(value, known: ContentKind.knownTypes)
    }
    self = kind
  }

  package func decoder(_ configuration: ServiceConfiguration) -> any OperationDecoder {
    switch self {
    case .json: JSONOperationDecoder(configuration)
    case .safetensors: SafetensorsOperationDecoder(configuration)
    case .npz: NpzOperationDecoder(configuration)
    }
  }
}

/// The forms that an answer may take.
package enum AnswerKind: Sendable, CaseIterable {
  case json, safetensors, npy, octetStream
  /// A picture, for people.
  case png

  package var mediaType: String {
    switch self {
    case .json: "application/json"
    case .safetensors: "application/vnd.safetensors"
    case .npy: "application/x-npy"
    case .octetStream: "application/octet-stream"
    case .png: "image/png"
    }
  }

  /// Whether writing even a small tensor so takes longer than an event loop may be kept.
  var takesLong: Bool { self == .png }

  /// What a request gets that does not say what it wants: its own kind.
  package init(answering kind: ContentKind) {
    switch kind {
    case .json: self = .json
    case .safetensors: self = .safetensors
    case .npz: self = .npy
    }
  }

  /// By `Accept`; of what it likes equally, the kind of the request comes first.
  /// - Throws: `.notAcceptable`.
  init(_ fields: HTTPFields, answering kind: ContentKind) throws(ServiceError) {
    let own = AnswerKind(answering: kind)
    let accept = fields.values(of: "accept")
    guard !accept.isEmpty else {
      self = own
      return
    }
    let offers = [own] + AnswerKind.allCases.filter { $0 != own }
    guard let best = AcceptList(accept).best(of: offers.compactMap { MediaType($0.mediaType) }),
      let answer = offers.first(where: { $0.mediaType == best.essence })
    else { throw .notAcceptable(accept.joined(separator: ", ")) }
    self = answer
  }
}
