import ArgumentParser
import UpconvConvolution
import UpconvHTTP
import UpconvMemory
import UpconvService
import UpconvTensor
import UpconvTransport

/// The named limits of the server, each a flag with a safe default.
struct LimitOptions: ParsableArguments {
  @Option(help: "Bytes of one request's content, as sent.")
  var maxRequestBytes = 256 << 20

  @Option(help: "Bytes of one request's content after gzip is undone.")
  var maxInflatedBytes = 256 << 20

  @Option(help: "Bytes of one request's header section.")
  var maxHeaderBytes = 64 << 10

  @Option(help: "Lines of one request's header section.")
  var maxHeaderCount = 100

  @Option(help: "Elements of one tensor, of the request or the answer.")
  var maxTensorElements = 1 << 26

  @Option(help: "Axes of one tensor.")
  var maxRank = 8

  @Option(help: "Arrays and objects inside one another in JSON.")
  var maxJsonDepth = 64

  @Option(help: "Multiplications of one request.")
  var maxMultiplyAdds = ConvolutionLimits().maxMultiplyAdds

  @Option(
    help: ArgumentHelp(
      "Bytes that the contents, tensors and answers of all requests may take together; beyond them 503. By default half "
        + "of what the container, or else the machine, has."))
  var maxMemoryBytes: Int?

  @Option(help: "Connections at one time.")
  var maxConnections = 4096

  @Option(help: "Requests that wait for a thread; one more is answered 503.")
  var maxWaitingRequests = 256

  @Option(help: "Milliseconds that a request may wait for a thread; one that would wait longer is answered 503.")
  var maxQueueWaitMilliseconds = 30_000

  @Option(help: "Seconds from the first byte of a header section to its end.")
  var headTimeout = 10

  @Option(help: "Seconds from the first byte of a request until its answer begins.")
  var requestTimeout = 120

  @Option(help: "Seconds between requests, and without progress while an answer is sent.")
  var idleTimeout = 75

  @Option(
    help: ArgumentHelp(
      "Bytes per second that a content must come with, averaged from its beginning and judged after 10 seconds; a slower "
        + "one is answered 408. 0 accepts any rate."))
  var minContentRate = 1024

  @Option(help: "Answers of at least so many bytes are compressed for clients that prefer gzip.")
  var minGzipBytes = 1024

  @Option(help: "Bytes of filters kept, packed, for requests that bring the same again; 0 keeps none.")
  var layerCacheBytes = 128 << 20

  func validate() throws {
    let anySize = 1...1 << 40
    try LimitOptions.check("--max-request-bytes", maxRequestBytes, anySize)
    try LimitOptions.check("--max-inflated-bytes", maxInflatedBytes, anySize)
    try LimitOptions.check("--max-header-bytes", maxHeaderBytes, 1024...1 << 24)
    try LimitOptions.check("--max-header-count", maxHeaderCount, 1...10_000)
    try LimitOptions.check("--max-tensor-elements", maxTensorElements, 1...1 << 36)
    try LimitOptions.check("--max-rank", maxRank, 4...32)
    try LimitOptions.check("--max-json-depth", maxJsonDepth, 6...512)
    try LimitOptions.check("--max-multiply-adds", maxMultiplyAdds, 1...Int.max)
    try LimitOptions.check("--max-memory-bytes", maxMemoryBytes ?? 1 << 20, 1 << 20...1 << 50)
    try LimitOptions.check("--max-connections", maxConnections, 1...1_000_000)
    try LimitOptions.check("--max-waiting-requests", maxWaitingRequests, 0...1_000_000)
    try LimitOptions.check("--max-queue-wait-milliseconds", maxQueueWaitMilliseconds, 1...86_400_000)
    try LimitOptions.check("--head-timeout", headTimeout, 1...86_400)
    try LimitOptions.check("--request-timeout", requestTimeout, 1...86_400)
    try LimitOptions.check("--idle-timeout", idleTimeout, 1...86_400)
    try LimitOptions.check("--min-content-rate", minContentRate, 0...1 << 30)
    try LimitOptions.check("--min-gzip-bytes", minGzipBytes, 0...1 << 40)
    try LimitOptions.check("--layer-cache-bytes", layerCacheBytes, 0...1 << 40)
  }

  static func check(_ flag: String, _ value: Int, _ accepted: ClosedRange<Int>) throws {
    guard accepted.contains(value) else {
      throw ValidationError("\(flag) is \(value), but must be from \(accepted.lowerBound) to \(accepted.upperBound).")
    }
  }

  /// The one budget that all parts of a server share.
  func memory() -> MemoryBudget { MemoryBudget(maxBytes: maxMemoryBytes ?? MemoryAllowance.current() / 2) }

  func service(threads: Int, _ memory: MemoryBudget) -> ServiceConfiguration {
    var configuration = ServiceConfiguration()
    configuration.threads = threads
    configuration.memory = memory
    configuration.tensor = TensorLimits(maxElements: maxTensorElements, maxRank: maxRank)
    configuration.maxInflatedBytes = maxInflatedBytes
    configuration.maxContentBytes = max(maxRequestBytes, maxInflatedBytes)
    configuration.maxJSONDepth = maxJsonDepth
    configuration.maxMultiplyAdds = maxMultiplyAdds
    configuration.minGzipBytes = minGzipBytes
    configuration.maxLayerCacheBytes = layerCacheBytes
    return configuration
  }

  func server(_ memory: MemoryBudget) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.memoryOfUncomputedAnswers = MemoryBudget(maxBytes: max(1 << 20, memory.maxBytes / 16))
    configuration.http.maxContentBytes = maxRequestBytes
    configuration.http.maxHeadBytes = maxHeaderBytes
    configuration.http.maxFieldCount = maxHeaderCount
    configuration.maxConnections = maxConnections
    configuration.headTimeout = .seconds(headTimeout)
    configuration.requestTimeout = .seconds(requestTimeout)
    configuration.idleTimeout = .seconds(idleTimeout)
    configuration.minContentRate = minContentRate
    return configuration
  }
}
