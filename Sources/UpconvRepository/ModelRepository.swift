import Dispatch
package import Logging
import Synchronization
package import UpconvModels
package import UpconvScheduling

/// Where models are, and how they are served where their own `config.json` says nothing else.
package struct RepositoryConfiguration: Sendable {
  /// The folder of all models, or of one; nil: no models.
  package var root: String?
  package var mode = ModelControlMode.none
  /// What a root that is itself a model is called.
  package var soleName: String?
  /// Models that are loaded at the start in explicit mode.
  package var initialModels: [String] = []
  package var pollInterval: Duration = .seconds(5)
  package var policy = ServingPolicy()
  package var limits = ModelLimits()
  /// Bytes of all models together.
  package var maxModelBytes = 8 << 30
  /// Threads that one run may use.
  package var threads = 1

  package init() {}
}

/// The models that are served: finds them by name, and brings new versions to life without losing a request.
///
/// A version is looked up under a lock and then held; loading and warming up happen on a queue of their own, and the
/// table changes in one step when a version is ready. So a request sees the old version or the new one, whole.
package final class ModelRepository: Sendable {
  package let configuration: RepositoryConfiguration
  private let compute: ComputeQueue
  private let logger: Logger
  private let table = Mutex(Table())
  /// Loads one model after another.
  private let loading = DispatchQueue(label: "upconv.repository")

  private struct Table {
    var models: [String: Entry] = [:]
    /// Whether every model has been tried once.
    var isComplete = false
    /// Why the root itself cannot be read.
    var rootProblem: RepositoryError?
  }

  private struct Entry {
    /// The highest first.
    var served: [ServedModel] = []
    var fingerprints: [Int: FolderFingerprint] = [:]
    /// Versions that could not be loaded as they are on disk now, and why.
    var failures: [Int: String] = [:]
    /// Why there is no version at all.
    var problem: String?
    var isLoading = false
  }

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
      guard let entry = table.models[name] else { return .failure(.unknownModel(name)) }
      guard let version else {
        return entry.served.first.map { .success($0) }
          ?? .failure(.notReady(model: name, reason: ModelRepository.reason(entry)))
      }
      if let served = entry.served.first(where: { $0.version == version }) { return .success(served) }
      if let reason = entry.failures[version] { return .failure(.notReady(model: name, reason: reason)) }
      return .failure(.unknownVersion(model: name, version: version, known: entry.served.map(\.version)))
    }
    return try found.get()
  }

  /// All served versions of a model, the highest first.
  /// - Throws: `.unknownModel`, `.notReady`.
  package func versions(of name: String) throws(RepositoryError) -> [ServedModel] {
    _ = try served(name, version: nil)
    return table.withLock { $0.models[name]?.served ?? [] }
  }

  /// All versions that are served, by name, the highest first.
  package var allServed: [ServedModel] {
    table.withLock { table in
      table.models.keys.sorted().flatMap { table.models[$0]?.served ?? [] }
    }
  }

  /// Whether the first look at the folder is over, and every model there can be used.
  package var health: (isComplete: Bool, failed: [String]) {
    table.withLock { table in
      let failed = table.models.filter {
        $0.value.served.isEmpty && $0.value.problem != nil || !$0.value.failures.isEmpty
      }
      let root = table.rootProblem == nil ? [] : [configuration.root ?? ""]
      return (table.isComplete, root + failed.keys.sorted())
    }
  }

  /// What is known of every version, by name.
  package var index: [ModelStatus] {
    table.withLock { table in
      table.models.keys.sorted().flatMap { name in table.models[name].map { ModelRepository.statuses(name, $0) } ?? [] }
    }
  }

  private static func statuses(_ name: String, _ entry: Entry) -> [ModelStatus] {
    let served = Set(entry.served.map(\.version))
    let versions = served.union(entry.failures.keys).sorted(by: >)
    guard !versions.isEmpty else {
      return [
        ModelStatus(
          name: name, version: nil, state: entry.isLoading ? .loading : .unavailable, reason: reason(entry))
      ]
    }
    return versions.map { version in
      ModelStatus(
        name: name, version: version, state: served.contains(version) ? .ready : .unavailable,
        reason: entry.failures[version] ?? "")
    }
  }

  private static func reason(_ entry: Entry) -> String {
    if entry.isLoading { return "it is being loaded" }
    return entry.problem ?? entry.failures.max { $0.key < $1.key }?.value ?? "unloaded"
  }

  // MARK: Loading

  /// Begins: loads what the mode says, and goes on looking in poll mode. Returns at once.
  package func start() {
    loading.async { [self] in
      switch configuration.mode {
      case .none, .poll: scan()
      case .explicit: scanNames()
      }
      table.withLock { $0.isComplete = true }
      if configuration.mode == .poll { pollLater() }
    }
  }

  /// Returns when what was asked for until now is done.
  package func waitUntilLoaded() { loading.sync {} }

  /// Loads a model, or loads it again as it is on disk now; `completion` is called on the repository's queue.
  package func load(_ name: String, completion: @escaping @Sendable (RepositoryError?) -> Void) {
    loading.async { [self] in completion(loadOnDemand(name)) }
  }

  /// Lets a model go; its requests under way are finished by whoever holds it.
  /// - Throws: `.notExplicit`, `.unknownModel`.
  package func unload(_ name: String) throws(RepositoryError) {
    guard configuration.mode == .explicit else { throw .notExplicit(mode: configuration.mode) }
    let gone: [ServedModel]? = table.withLock { table in
      guard let served = table.models[name]?.served else { return nil }
      table.models[name] = Entry(problem: "unloaded")
      return served
    }
    guard let gone else { throw .unknownModel(name) }
    if !gone.isEmpty { logger.info("unloaded a model", metadata: ["model": "\(name)"]) }
  }

  private func loadOnDemand(_ name: String) -> RepositoryError? {
    guard configuration.mode == .explicit else { return .notExplicit(mode: configuration.mode) }
    do throws(RepositoryError) {
      let folders = try listing().folders
      guard let folder = folders.first(where: { $0.name == name }) else { return .unknownModel(name) }
      return update(folder, isForced: true)
    } catch { return error }
  }

  private func listing() throws(RepositoryError) -> ModelListing {
    guard let root = configuration.root else { throw .unreadable(path: "--models", reason: "no folder was given") }
    return try ModelListing(root: root, soleName: configuration.soleName)
  }

  /// Brings the table to what the folder has.
  private func scan() {
    guard let folders = readFolders() else { return }
    for folder in folders { _ = update(folder, isForced: false) }
    let names = Set(folders.map(\.name))
    let gone = table.withLock { table in
      let gone = table.models.keys.filter { !names.contains($0) }
      for name in gone { table.models[name] = nil }
      return gone
    }
    for name in gone { logger.info("a model is gone from the repository", metadata: ["model": "\(name)"]) }
  }

  /// Explicit mode: all names are known, those that were asked for are loaded.
  private func scanNames() {
    guard let folders = readFolders() else { return }
    for folder in folders {
      if configuration.initialModels.contains(folder.name) {
        _ = update(folder, isForced: false)
      } else {
        table.withLock { $0.models[folder.name] = Entry(problem: "unloaded") }
      }
    }
  }

  private func readFolders() -> [ModelListing.Folder]? {
    guard configuration.root != nil else { return nil }
    do throws(RepositoryError) {
      let folders = try listing().folders
      table.withLock { $0.rootProblem = nil }
      return folders
    } catch {
      logger.error("the model repository cannot be read", metadata: ["reason": "\(error)"])
      table.withLock { $0.rootProblem = error }
      return nil
    }
  }

  private func pollLater() {
    let nanoseconds = configuration.pollInterval.nanoseconds
    loading.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { [weak self] in
      self?.scan()
      self?.pollLater()
    }
  }

  /// Brings one model to what its folder has: new versions are ready before old ones go, and one that cannot be loaded
  /// leaves what is served as it is.
  private func update(_ folder: ModelListing.Folder, isForced: Bool) -> RepositoryError? {
    var failure: RepositoryError?
    do throws(RepositoryError) {
      let policy = try self.policy(of: folder)
      let paths = try folder.versions.get()
      let chosen = policy.versions.chosen(from: Array(paths.keys))
      for version in chosen.reversed() {
        guard let path = paths[version] else { continue }
        if let error = update(folder, version, path, policy, isForced) { failure = error }
      }
      keep(chosen, of: folder.name)
    } catch {
      failure = error
      noteFailure(folder.name, nil, error)
    }
    return failure
  }

  private func update(
    _ folder: ModelListing.Folder, _ version: Int, _ path: String, _ policy: ServingPolicy, _ isForced: Bool
  ) -> RepositoryError? {
    let fingerprint = FolderFingerprint(versionPath: path, modelPath: folder.path)
    let isKnown = table.withLock { table in
      if !isForced, table.models[folder.name]?.fingerprints[version] == fingerprint { return true }
      table.models[folder.name, default: Entry()].fingerprints[version] = fingerprint
      table.models[folder.name]?.isLoading = true
      return false
    }
    if isKnown { return nil }
    defer { table.withLock { $0.models[folder.name]?.isLoading = false } }
    do throws(RepositoryError) {
      try serve(folder.name, version, try loadModel(folder.name, version, path), policy)
      return nil
    } catch {
      noteFailure(folder.name, version, error)
      return error
    }
  }

  private func loadModel(_ name: String, _ version: Int, _ path: String) throws(RepositoryError) -> Model {
    let others = allServed.filter { $0.name != name || $0.version != version }.reduce(0) { $0 + $1.model.byteCount }
    var limits = configuration.limits
    limits.maxModelBytes = min(limits.maxModelBytes, max(0, configuration.maxModelBytes - others))
    let model: Model
    do { model = try Model(directory: path, limits: limits) } catch { throw .model(error) }
    model.warmUp(threads: configuration.threads)
    guard others + model.byteCount <= configuration.maxModelBytes else {
      throw .overBudget(model: name, bytes: model.byteCount, maxBytes: configuration.maxModelBytes)
    }
    return model
  }

  private func serve(_ name: String, _ version: Int, _ model: Model, _ policy: ServingPolicy) throws(RepositoryError) {
    let served = ServedModel(
      name: name, version: version, model: model,
      queue: ModelQueue(model: model, policy: policy, compute: compute, threads: configuration.threads))
    table.withLock { table in
      var entry = table.models[name] ?? Entry()
      entry.served.removeAll { $0.version == version }
      entry.served.append(served)
      entry.served.sort { $0.version > $1.version }
      entry.failures[version] = nil
      entry.problem = nil
      table.models[name] = entry
    }
    logger.info(
      "loaded a model", metadata: ["model": "\(name)", "version": "\(version)", "bytes": "\(model.byteCount)"])
  }

  /// Forgets the versions that are not to be served, unless nothing else could be loaded.
  private func keep(_ versions: [Int], of name: String) {
    table.withLock { table in
      guard var entry = table.models[name] else { return }
      entry.failures = entry.failures.filter { versions.contains($0.key) }
      entry.fingerprints = entry.fingerprints.filter { versions.contains($0.key) }
      let wanted = entry.served.filter { versions.contains($0.version) }
      if !wanted.isEmpty { entry.served = wanted }
      table.models[name] = entry
    }
  }

  private func noteFailure(_ name: String, _ version: Int?, _ error: RepositoryError) {
    table.withLock { table in
      if let version {
        table.models[name, default: Entry()].failures[version] = "\(error)"
      } else {
        table.models[name, default: Entry()].problem = "\(error)"
      }
    }
    logger.error(
      "a model could not be loaded",
      metadata: ["model": "\(name)", "version": "\(version.map(String.init) ?? "")", "reason": "\(error)"])
  }

  private func policy(of folder: ModelListing.Folder) throws(RepositoryError) -> ServingPolicy {
    do throws(ConfigurationError) {
      guard let text = try ConfigurationFile.text(at: folder.path + "/config.json") else { return configuration.policy }
      return try configuration.policy.changed(by: text)
    } catch { throw .configuration(model: folder.name, error) }
  }
}
