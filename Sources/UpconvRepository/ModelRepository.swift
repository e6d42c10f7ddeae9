import Dispatch
package import Logging
import Synchronization
import UpconvModels
package import UpconvScheduling
package import UpconvSystem

/// The models that are served: finds them by name, and brings new versions to life without losing a request.
///
/// A version is looked up under a lock and then held; loading and warming up happen on a queue of their own, and the
/// table changes in one step when a version is ready. So a request sees the old version or the new one, whole.
package final class ModelRepository: Sendable {
  package let configuration: RepositoryConfiguration
  private let compute: ComputeQueue
  private let logger: Logger
  private let table = Mutex(RepositoryTable())
  /// Loads one model after another.
  private let loading = DispatchQueue(label: "upconv.repository.loading")
  /// Reads names while something is loaded.
  private let indexReading = SharedIndexReading(maxWaiting: ModelRepository.maxWaiting)
  private let waitingLoads = Atomic(0)
  /// Requests for the index, or for loading, that may wait.
  package static let maxWaiting = 1024

  package init(_ configuration: RepositoryConfiguration, compute: ComputeQueue, logger: Logger) {
    self.configuration = configuration
    self.compute = compute
    self.logger = logger
  }

  // MARK: What requests ask

  /// The version of that number, or the highest.
  /// - Throws: `.unknownModel`, `.unknownVersion`, `.notReady`.
  package func served(_ name: String, version: Int?) throws(RepositoryError) -> ServedModel {
    let found: Result<ServedModel, RepositoryError> = table.withLock { table in
      do throws(RepositoryError) {
        return .success(try table.served(name, version: version))
      } catch { return .failure(error) }
    }
    return try found.get()
  }

  /// All served versions of a model, the highest first.
  /// - Throws: `.unknownModel`, `.notReady`.
  package func versions(of name: String) throws(RepositoryError) -> [ServedModel] {
    _ = try served(name, version: nil)
    return table.withLock { $0.versions(of: name) }
  }

  /// All versions that are served, by name, the highest first.
  package var allServed: [ServedModel] { table.withLock { $0.allServed } }

  /// Whether the first look at the folder is over, and what could not be loaded as the folder has it.
  package var health: (isComplete: Bool, failed: [String]) {
    table.withLock { table in
      (table.isComplete, (table.rootProblem == nil ? [] : [configuration.root ?? ""]) + table.failedNames)
    }
  }

  /// Whether the first look at the folder is over, and, strictly, whether all of it could be loaded.
  package func isReady(strictly: Bool) -> Bool {
    table.withLock { table in
      table.isComplete && (!strictly || (table.rootProblem == nil && table.failedNames.isEmpty))
    }
  }

  /// What is known of every version, by name.
  package var index: [ModelStatus] { table.withLock { $0.statuses } }

  /// Calls back, on a queue of the repository's, with what is known of every version. In explicit mode folders that
  /// have come since the start are among them, as unloaded: all who wait share one reading of the folder.
  /// - Parameter cancellation: of the request; after it `completion` need not be called.
  /// - Throws: `.busy`.
  package func lookForIndex(
    cancellation: Cancellation? = nil,
    _ completion: @escaping @Sendable ([ModelStatus]) -> Void
  ) throws(RepositoryError) {
    guard configuration.mode == .explicit else { return completion(index) }
    let isTaken = indexReading.wait(cancellation: cancellation, completion) { [self] in
      if let listing = readListing() {
        let names = Set(listing.folders.map(\.name))
        table.withLock { table in
          table.leaveUnloaded(names)
          table.forgetUnloaded(besides: names)
        }
      }
      return index
    }
    guard isTaken else { throw .busy(maxWaiting: ModelRepository.maxWaiting) }
  }

  /// How often the folder was read for the index.
  package var indexReadingCount: Int { indexReading.readingCount }

  // MARK: What is loaded when

  /// Begins: loads what the mode says, and goes on looking in poll mode. Returns at once.
  package func start() {
    loading.async { [self] in
      switch configuration.mode {
      case .none, .poll: scan(isFirst: true)
      case .explicit: loadInitialModels()
      }
      table.withLock { $0.isComplete = true }
      if configuration.mode == .poll { pollLater() }
    }
  }

  /// Returns when what was asked for until now is done.
  package func waitUntilLoaded() { loading.sync {} }

  /// Loads a model, or loads it again as it is on disk now; `completion` is called on a queue of the repository's, or at
  /// once if too many wait.
  package func load(_ name: String, completion: @escaping @Sendable (RepositoryError?) -> Void) {
    guard waitingLoads.wrappingAdd(1, ordering: .relaxed).newValue <= ModelRepository.maxWaiting else {
      waitingLoads.wrappingSubtract(1, ordering: .relaxed)
      return completion(.busy(maxWaiting: ModelRepository.maxWaiting))
    }
    loading.async { [self] in
      waitingLoads.wrappingSubtract(1, ordering: .relaxed)
      completion(loadOnDemand(name))
    }
  }

  /// Lets a model go; its requests under way are finished by whoever holds it.
  /// - Throws: `.notExplicit`, `.unknownModel`.
  package func unload(_ name: String) throws(RepositoryError) {
    guard configuration.mode == .explicit else { throw .notExplicit(mode: configuration.mode) }
    guard let gone = table.withLock({ $0.unload(name) }) else { throw .unknownModel(name) }
    if !gone.isEmpty { logger.info("unloaded a model", metadata: ["model": "\(name)"]) }
  }

  private func loadOnDemand(_ name: String) -> RepositoryError? {
    guard configuration.mode == .explicit else { return .notExplicit(mode: configuration.mode) }
    guard let listing = readListing() else { return table.withLock { $0.rootProblem } ?? .unknownModel(name) }
    guard let folder = listing.folders.first(where: { $0.name == name }) else { return .unknownModel(name) }
    return update(folder, in: listing, .always)
  }

  private func loadInitialModels() {
    guard let listing = readListing() else { return }
    let wanted = configuration.initialModels
    for folder in listing.folders {
      if wanted.contains(folder.name) || wanted.contains("*") {
        _ = update(folder, in: listing, .always)
      } else {
        table.withLock { $0.leaveUnloaded([folder.name]) }
      }
    }
    let names = listing.folders.map(\.name)
    for name in wanted where name != "*" && !names.contains(name) { note(.unknownModel(name), of: name) }
  }

  /// Brings the table to what the folder has.
  private func scan(isFirst: Bool) {
    guard let listing = readListing() else { return }
    let names = Set(listing.folders.map(\.name))
    table.withLock { $0.expect(names) }
    for folder in listing.folders { _ = update(folder, in: listing, isFirst ? .always : .whenRested) }
    for name in table.withLock({ $0.keepModels(names) }) {
      logger.info("a model is gone from the repository", metadata: ["model": "\(name)"])
    }
  }

  /// In poll mode nobody says when a version is written to its end. One that has changed is read when the next look
  /// finds it as the last one did: weights that are still being copied are not taken for missing ones.
  private func pollLater() {
    let nanoseconds = configuration.pollInterval.nanoseconds
    loading.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { [weak self] in
      self?.scan(isFirst: false)
      self?.pollLater()
    }
  }

  private func readListing() -> ModelListing? {
    guard let root = configuration.root else { return nil }
    do throws(RepositoryError) {
      let listing = try ModelListing(root: root, soleName: configuration.soleName)
      table.withLock { $0.rootProblem = nil }
      return listing
    } catch {
      let isNews = table.withLock { table in
        defer { table.rootProblem = error }
        return table.rootProblem == nil
      }
      if isNews { logger.error("the model repository cannot be read", metadata: ["reason": "\(error)"]) }
      return nil
    }
  }

  // MARK: One model

  /// Brings one model to what its folder has: new versions are ready before old ones go, and one that cannot be loaded
  /// leaves what is served as it is.
  /// - Returns: the last thing that went wrong.
  private func update(
    _ folder: ModelListing.Folder, in listing: ModelListing, _ reading: RepositoryTable.Reading
  ) -> RepositoryError? {
    let policy: ServingPolicy
    do throws(RepositoryError) {
      policy = try self.policy(of: folder, in: listing)
    } catch {
      note(error, of: folder.name)
      return error
    }
    note(folder.problem, of: folder.name)
    var failure = folder.problem
    let onDisk = Set(folder.versions.keys).union(folder.refusals.keys)
    let chosen = policy.versions.chosen(from: Array(onDisk))
    for version in chosen.reversed() {
      if let error = update(folder, version, policy, in: listing, reading) { failure = error }
    }
    table.withLock { $0.keepVersions(Set(chosen), onDisk: onDisk, of: folder.name) }
    return failure
  }

  private func update(
    _ folder: ModelListing.Folder, _ version: Int, _ policy: ServingPolicy, in listing: ModelListing,
    _ reading: RepositoryTable.Reading
  ) -> RepositoryError? {
    guard let path = folder.versions[version] else {
      guard let refusal = folder.refusals[version] else { return nil }
      return note(refusal, of: folder.name, version)
    }
    let fingerprint = FolderFingerprint(versionPath: path, modelPath: folder.path)
    guard table.withLock({ $0.beginReading(folder.name, version, fingerprint, reading) }) else { return nil }
    do throws(RepositoryError) {
      let model = try loadModel(folder.name, version, path, in: listing)
      guard FolderFingerprint(versionPath: path, modelPath: folder.path) == fingerprint else {
        throw .changedWhileRead(model: folder.name)
      }
      let queue = ModelQueue(model: model, policy: policy, compute: compute, threads: configuration.threads)
      table.withLock { $0.serve(ServedModel(name: folder.name, version: version, model: model, queue: queue)) }
      // Initialised weights are rarely meant to serve.
      logger.log(
        level: model.weightsOrigin.initializedLayers.isEmpty ? .info : .notice, "loaded a model",
        metadata: [
          "model": "\(folder.name)", "version": "\(version)", "bytes": "\(model.byteCount)",
          "weights": "\(model.weightsOrigin)",
        ])
      return nil
    } catch { return note(error, of: folder.name, version) }
  }

  private func loadModel(
    _ name: String, _ version: Int, _ path: String, in listing: ModelListing
  ) throws(RepositoryError) -> Model {
    let others = allServed.filter { $0.name != name || $0.version != version }.reduce(0) { $0 + $1.model.byteCount }
    let room = max(0, configuration.maxModelBytes - others)
    var limits = configuration.limits
    limits.maxModelBytes = min(limits.maxModelBytes, room)
    func overBudget(_ bytes: Int) -> RepositoryError {
      .overBudget(model: name, bytes: bytes, others: others, maxBytes: configuration.maxModelBytes)
    }
    let model: Model
    do throws(ModelError) {
      model = try Model(directory: path, within: listing.root, limits: limits)
    } catch {
      if case .tooManyWeights(let bytes, let maxBytes) = error, maxBytes == room { throw overBudget(bytes) }
      throw .model(error)
    }
    model.warmUp(threads: configuration.threads)
    // Packed for its plans, it has become larger.
    guard model.byteCount <= room else { throw overBudget(model.byteCount) }
    return model
  }

  private func policy(
    of folder: ModelListing.Folder, in listing: ModelListing
  ) throws(RepositoryError) -> ServingPolicy {
    do throws(ConfigurationError) {
      let text = try ConfigurationFile.text(at: folder.path + "/config.json", within: listing.root)
      return try text.map { text throws(ConfigurationError) in try configuration.policy.changed(by: text) }
        ?? configuration.policy
    } catch { throw .configuration(model: folder.name, error) }
  }

  // MARK: What went wrong

  private func note(_ error: RepositoryError, of name: String, _ version: Int) -> RepositoryError {
    let isNews = table.withLock { $0.fail(name, version, error, triesAgain: error.mayPass) }
    if isNews { log(error, name, version) }
    return error
  }

  private func note(_ error: RepositoryError?, of name: String) {
    let isNews = table.withLock { $0.setProblem(name, error) }
    if let error, isNews { log(error, name, nil) }
  }

  private func log(_ error: RepositoryError, _ name: String, _ version: Int?) {
    logger.error(
      "a model could not be loaded",
      metadata: ["model": "\(name)", "version": "\(version.map(String.init) ?? "")", "reason": "\(error)"])
  }
}
