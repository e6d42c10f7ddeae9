import UpconvDigest
package import UpconvHTTP

/// Decides on a request's head whether it may have what it asks for: how often its address and its token may ask, whether
/// the token is good, and whether it is good for this.
package final class AccessControl: Sendable {
  /// Nil: everybody may infer and observe.
  private let tokens: TokenFile?
  private let allowsAdmin: Bool
  private let perToken: RateLimiter?
  private let perAddress: RateLimiter?
  /// Of each /48 of IPv6, which one subscriber may have: its 65,536 networks of /64 would otherwise be so many senders.
  private let perSite: RateLimiter?
  /// Nil: no page from elsewhere reads an answer.
  package let crossOrigin: CrossOriginPolicy?

  /// Networks of /64 that a /48 may use to their full rate.
  private static let networksPerSite = 16

  package init(_ configuration: AccessConfiguration = AccessConfiguration(), tokens: TokenFile? = nil) {
    self.tokens = tokens
    allowsAdmin = configuration.allowsAdmin
    perToken = configuration.ratePerToken.map { RateLimiter($0) }
    perAddress = configuration.ratePerAddress.map { RateLimiter($0) }
    perSite = configuration.ratePerAddress.map { RateLimiter($0.multiplied(by: AccessControl.networksPerSite)) }
    crossOrigin = configuration.origins.isEmpty ? nil : CrossOriginPolicy(configuration.origins)
  }

  /// Returns where the request may go on. Nothing is allocated where neither tokens nor limits are in use.
  package func check(
    _ head: RequestHead, from peer: NetworkAddress, for rule: AccessRule
  ) throws(AccessError) {
    guard rule != .unlimited else { return }
    if let perAddress {
      // First: networks of a site that is over its rate push no other sender out of the table.
      if let perSite, let site = peer.site { try count(.address, RateLimiter.Key(high: site, low: 0), by: perSite) }
      let subscriber = peer.subscriber
      try count(.address, RateLimiter.Key(high: subscriber.high, low: subscriber.low), by: perAddress)
    }
    switch rule {
    case .unlimited, .open: return
    case .anyRole: try authenticate(head, for: nil)
    case .role(let role):
      try authenticate(head, for: role)
      if role == .admin { try checkAdmin(head) }
    }
  }

  /// The name of the token that a request brings, for the log.
  package func tokenName(of head: RequestHead) -> String? {
    guard let tokens, let credentials = try? BearerCredentials(head.fields) else { return nil }
    return tokens.token(credentials.token)?.name
  }

  private func authenticate(_ head: RequestHead, for role: Role?) throws(AccessError) {
    guard let tokens else { return }
    guard let credentials = try BearerCredentials(head.fields) else { throw .missingToken }
    guard let token = tokens.token(credentials.token) else { throw .unknownToken }
    if let perToken {
      try count(.token, RateLimiter.Key(high: token.digest.words.0, low: token.digest.words.1), by: perToken)
    }
    if let role, !token.roles.contains(Roles(role)) { throw .missingRole(role) }
  }

  private func count(
    _ counted: AccessError.Counted, _ key: RateLimiter.Key, by limiter: RateLimiter
  ) throws(AccessError) {
    guard let seconds = limiter.count(key) else { return }
    throw .tooManyRequests(by: counted, allowed: limiter.rate, retryAfterSeconds: seconds)
  }

  /// A browser sends a form or text to any server without asking, so without tokens any page could load and unload here.
  private func checkAdmin(_ head: RequestHead) throws(AccessError) {
    guard allowsAdmin else { throw .adminIsOff }
    guard let origin = head.fields.first("origin"), crossOrigin?.allowedOrigin(head.fields) == nil,
      !isOwn(origin, head.fields)
    else { return }
    throw .foreignOrigin(origin)
  }

  /// Whether an origin's host and port are those that the request was sent to. Without tokens a name does not tell: whoever
  /// owns it may have it lead here (DNS rebinding), and both would be theirs.
  private func isOwn(_ origin: String, _ fields: HTTPFields) -> Bool {
    guard let host = fields.first("host"), origin == "http://\(host)" || origin == "https://\(host)" else {
      return false
    }
    return tokens != nil || AccessControl.isAddress(host)
  }

  /// Whether a host, perhaps with a port, is an address or this machine itself, which no name server decides.
  private static func isAddress(_ host: String) -> Bool {
    guard !host.hasPrefix("[") else { return true }
    let name = host.prefix { $0 != ":" }
    return name.lowercased() == "localhost" || name.utf8.allSatisfy { 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ".") }
  }
}
