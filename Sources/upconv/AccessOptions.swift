import ArgumentParser
import Logging
import UpconvAccess

/// Who may do what, and how often, each a flag with a safe default.
struct AccessOptions: ParsableArguments {
  @Option(help: "File of tokens (upconv token makes lines for it). Without it everybody may infer and observe.")
  var tokens: String?

  @Flag(help: "Let models be loaded and unloaded by request; with --tokens, by tokens with the role admin.")
  var allowAdmin = false

  @Option(help: "Requests of one token: COUNT[/s|/m|/h][:BURST], such as 50:200. One more is answered 429.")
  var rateLimitPerToken: String?

  @Option(help: "Requests of one address, or one /64 of IPv6, likewise; a proxy in front is one address.")
  var rateLimitPerAddress: String?

  @Option(help: "Origin whose web pages may read answers, such as https://app.example; may be given several times.")
  var corsOrigin: [String] = []

  func validate() throws {
    try AccessOptions.check("--rate-limit-per-token", rateLimitPerToken)
    try AccessOptions.check("--rate-limit-per-address", rateLimitPerAddress)
    if rateLimitPerToken != nil, tokens == nil {
      throw ValidationError("--rate-limit-per-token needs --tokens.")
    }
    for origin in corsOrigin where WebOrigin(origin) == nil {
      throw ValidationError(
        "--cors-origin is \(origin), but must be as browsers write it: scheme://host[:port] in lower case, without a path "
          + "or the scheme's own port; there is no wildcard.")
    }
  }

  private static func check(_ flag: String, _ value: String?) throws {
    guard let value, RequestRate(value) == nil else { return }
    throw ValidationError(
      "\(flag) is \(value), but must be COUNT[/s|/m|/h][:BURST], COUNT from 1 to \(RequestRate.counts.upperBound), "
        + "BURST from 1 to \(RequestRate.bursts.upperBound).")
  }

  func configuration() -> AccessConfiguration {
    var configuration = AccessConfiguration()
    configuration.allowsAdmin = allowAdmin
    configuration.ratePerToken = rateLimitPerToken.flatMap { RequestRate($0) }
    configuration.ratePerAddress = rateLimitPerAddress.flatMap { RequestRate($0) }
    configuration.origins = corsOrigin.compactMap { WebOrigin($0) }
    return configuration
  }

  /// Without one that is sound the server does not start.
  func tokenFile() throws -> TokenFile? {
    guard let tokens else { return nil }
    do throws(TokenFileError) {
      return try TokenFile(path: tokens)
    } catch {
      throw StartError(sentence: "the file of tokens, \(tokens): \(error)", settings: ["tokens"])
    }
  }

  /// What SIGHUP does.
  static func reload(_ tokens: TokenFile?, _ logger: Logger) {
    guard let tokens else { return }
    do throws(TokenFileError) {
      let count = try tokens.reload()
      logger.notice("the file of tokens was read again", metadata: ["tokens": "\(count)"])
    } catch {
      logger.error(
        "the file of tokens was not taken, the tokens from before stay: \(error)", metadata: ["file": "\(tokens.path)"])
    }
  }
}
