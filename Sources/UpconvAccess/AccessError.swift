/// Why a request may not have what it asks for. None of them repeats a token.
package enum AccessError: Error, Equatable {
  /// No Authorization, or one of another scheme than Bearer.
  case missingToken
  /// Authorization is given more than once.
  case repeatedCredentials
  /// What follows Bearer is no token (RFC 6750 §2.1).
  case malformedToken
  case unknownToken
  /// The token is good, but not for this.
  case missingRole(Role)
  /// Nobody loads and unloads models here.
  case adminIsOff
  /// A page from elsewhere asks for what only this server's own pages, and those of known origins, may ask for.
  case foreignOrigin(String)
  case tooManyRequests(by: Counted, allowed: RequestRate, retryAfterSeconds: Int)

  /// What requests are counted by.
  package enum Counted: String, Sendable { case token, address }
}
