import UpconvHTTP

extension ContentKind {
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
}

extension AnswerKind {
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
