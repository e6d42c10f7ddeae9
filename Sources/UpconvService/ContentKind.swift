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
}
