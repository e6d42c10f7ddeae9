import UpconvAccess
import UpconvHTTP

extension Problem {
  /// A request that may not have what it asks for (RFC 6750 §3, RFC 6585 §4).
  init(_ error: AccessError) {
    switch error {
    case .missingToken:
      // RFC 6750 §3.1: no error code for whoever did not know that a token is needed.
      self.init(
        status: .unauthorized, detail: "a token is needed here: send Authorization: Bearer TOKEN",
        fields: [Problem.challenge()])
    case .repeatedCredentials:
      self.init(
        status: .badRequest, detail: "the header Authorization is given more than once",
        fields: [Problem.challenge(error: "invalid_request")])
    case .malformedToken:
      self.init(
        status: .unauthorized, detail: "Authorization must be Bearer, one space and a token",
        fields: [Problem.challenge(error: "invalid_token")])
    case .unknownToken:
      self.init(
        status: .unauthorized, detail: "the token in Authorization is not known here, or no longer",
        fields: [Problem.challenge(error: "invalid_token")])
    case .missingRole(let role):
      self.init(
        status: .forbidden, detail: "the token in Authorization has not the role \(role.rawValue), which this needs",
        fields: [Problem.challenge(error: "insufficient_scope", scope: role)])
    case .adminIsOff:
      self.init(
        status: .forbidden,
        detail: "loading and unloading models by request is switched off: it needs --allow-admin and "
          + "--model-control-mode explicit")
    case .foreignOrigin(let origin):
      self.init(
        status: .forbidden,
        detail: "a page from \(origin.cutShort(to: 200)) may not load and unload models here: its origin is not listed")
    case .tooManyRequests(let counted, let rate, let seconds):
      self.init(
        status: .tooManyRequests,
        detail: "this \(counted.rawValue) may send \(rate); try again in \(seconds) s",
        fields: [("retry-after", "\(seconds)")])
    }
  }

  /// WWW-Authenticate (RFC 6750 §3).
  private static func challenge(error: String? = nil, scope: Role? = nil) -> (name: String, value: String) {
    var value = "Bearer realm=\"upconv\""
    if let error { value += ", error=\"\(error)\"" }
    if let scope { value += ", scope=\"\(scope.rawValue)\"" }
    return ("www-authenticate", value)
  }
}
