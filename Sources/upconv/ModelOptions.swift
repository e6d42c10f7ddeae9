import ArgumentParser
import UpconvModels
import UpconvRepository
import UpconvTensor

/// Where models are and how they are served, each a flag with a safe default.
struct ModelOptions: ParsableArguments {
  @Option(help: "Folder of models (MODEL/VERSION/model.json), or of one model.")
  var models: String?

  @Option(help: "Name of the model, where --models is the folder of just one.")
  var modelName: String?

  @Option(help: "Who decides what is loaded: none (all, once), poll (the folder), explicit (requests).")
  var modelControlMode = "none"

  @Option(help: "Models to load at the start in explicit mode, or '*' for all; may be given several times.")
  var loadModel: [String] = []

  @Option(help: "Seconds between two looks at the folder in poll mode.")
  var pollSeconds = 5

  @Flag(help: "Not ready while a model cannot be loaded.")
  var strictReadiness = false

  @Flag(help: "Take models whose weights are NaN or infinite.")
  var allowNonFiniteWeights = false

  @Option(help: "Bytes of all models together.")
  var maxModelBytes = 8 << 30

  @Option(help: "Images up to which requests that wait are joined; larger ones run alone. 0: never joined.")
  var maxBatchSize = ServingPolicy().maxBatchSize

  @Option(help: "Microseconds that a request may wait for others to be joined with.")
  var maxQueueDelayMicroseconds = 0

  @Option(help: "Requests that wait for one model; one more is answered 503.")
  var maxQueueSize = ServingPolicy().maxQueueSize

  @Option(help: "Milliseconds that a request waits for its model, where it does not say so itself; 0: no limit.")
  var defaultTimeoutMilliseconds = 0

  @Option(help: "Versions of a model that are served: the newest so many.")
  var latestVersions = 1

  func validate() throws {
    guard ModelControlMode(rawValue: modelControlMode) != nil else {
      let names = ModelControlMode.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--model-control-mode is \(modelControlMode), but must be one of \(names).")
    }
    if !loadModel.isEmpty, modelControlMode != ModelControlMode.explicit.rawValue {
      throw ValidationError("--load-model belongs to --model-control-mode explicit; it is \(modelControlMode).")
    }
    if models == nil, modelName != nil || !loadModel.isEmpty {
      throw ValidationError("--model-name and --load-model need --models.")
    }
    try LimitOptions.check("--poll-seconds", pollSeconds, 1...86_400)
    try LimitOptions.check("--max-model-bytes", maxModelBytes, 1...1 << 44)
    try LimitOptions.check("--max-batch-size", maxBatchSize, 0...1 << 20)
    try LimitOptions.check("--max-queue-delay-microseconds", maxQueueDelayMicroseconds, 0...60_000_000)
    try LimitOptions.check("--max-queue-size", maxQueueSize, 1...1_000_000)
    try LimitOptions.check("--default-timeout-milliseconds", defaultTimeoutMilliseconds, 0...86_400_000)
    try LimitOptions.check("--latest-versions", latestVersions, 1...1000)
  }

  /// Looks whether the folder can be read: a server that serves nothing is not what was asked for.
  /// - Throws: `StartError`.
  func checkFolder() throws {
    guard let models else { return }
    do throws(RepositoryError) {
      _ = try ModelListing(root: models, soleName: modelName)
    } catch { throw StartError(sentence: "the folder of models \(error)", settings: ["models"]) }
  }

  func repository(_ limits: LimitOptions, threads: Int) -> RepositoryConfiguration {
    var configuration = RepositoryConfiguration()
    configuration.root = models
    configuration.soleName = modelName
    configuration.mode = ModelControlMode(rawValue: modelControlMode) ?? .none
    configuration.initialModels = loadModel
    configuration.pollInterval = .seconds(pollSeconds)
    configuration.maxModelBytes = maxModelBytes
    configuration.threads = threads
    configuration.limits = ModelLimits(
      tensor: TensorLimits(maxElements: limits.maxTensorElements, maxRank: limits.maxRank),
      maxMultiplyAdds: limits.maxMultiplyAdds, maxModelBytes: maxModelBytes,
      allowsNonFiniteWeights: allowNonFiniteWeights)
    configuration.policy.maxBatchSize = maxBatchSize
    configuration.policy.maxQueueDelay = .microseconds(maxQueueDelayMicroseconds)
    configuration.policy.maxQueueSize = maxQueueSize
    configuration.policy.defaultTimeout =
      defaultTimeoutMilliseconds == 0 ? nil : .milliseconds(defaultTimeoutMilliseconds)
    configuration.policy.versions = .latest(latestVersions)
    return configuration
  }
}
