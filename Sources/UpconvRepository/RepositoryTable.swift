/// What the repository knows, model by model. A plain value: the repository guards it with a lock.
struct RepositoryTable {
  /// What is known of one model.
  private struct Entry {
    /// The highest version first.
    var served: [ServedModel] = []
    /// Versions as they were on disk when they were last read, whatever came of it.
    var read: [Int: FolderFingerprint] = [:]
    /// Versions as the last look at the folder found them.
    var seen: [Int: FolderFingerprint] = [:]
    /// Versions that are on the way.
    var loading: Set<Int> = []
    /// Versions that could not be loaded as they are on disk now, and why.
    var failures: [Int: String] = [:]
    /// What is wrong besides single versions.
    var problem: String?
    /// Nobody has asked for it, or somebody has asked to let it go.
    var isUnloaded = false
  }

  private var models: [String: Entry] = [:]
  /// Whether every model has been tried once.
  var isComplete = false
  /// Why the root itself cannot be read.
  var rootProblem: RepositoryError?

  // MARK: What requests ask

  /// The version of that number, or the highest.
  func served(_ name: String, version: Int?) throws(RepositoryError) -> ServedModel {
    guard let entry = models[name] else {
      guard isComplete else { throw .notReady(model: name, reason: "the repository is being read") }
      throw .unknownModel(name)
    }
    guard let version else {
      guard let first = entry.served.first else {
        throw .notReady(model: name, reason: RepositoryTable.reason(entry))
      }
      return first
    }
    if let served = entry.served.first(where: { $0.version == version }) { return served }
    if let reason = entry.failures[version] { throw .notReady(model: name, reason: reason) }
    if entry.loading.contains(version) { throw .notReady(model: name, reason: RepositoryTable.isLoadedNow) }
    throw .unknownVersion(model: name, version: version, known: entry.served.map(\.version))
  }

  /// All versions of a model that are served, the highest first.
  func versions(of name: String) -> [ServedModel] { models[name]?.served ?? [] }

  /// All versions that are served, by name, the highest first.
  var allServed: [ServedModel] { models.keys.sorted().flatMap(versions) }

  /// Models that are not as the folder would have them, by name.
  var failedNames: [String] {
    models.filter { _, entry in
      !entry.failures.isEmpty || entry.problem != nil || entry.served.isEmpty && !entry.isUnloaded
    }.keys.sorted()
  }

  /// What is known of every version, by name, the highest first.
  var statuses: [ModelStatus] {
    models.keys.sorted().flatMap { name in models[name].map { RepositoryTable.statuses(name, $0) } ?? [] }
  }

  private static func statuses(_ name: String, _ entry: Entry) -> [ModelStatus] {
    let served = Set(entry.served.map(\.version))
    let versions = served.union(entry.failures.keys).union(entry.loading).sorted(by: >)
    var statuses = versions.map { version in
      ModelStatus(
        name: name, version: version,
        state: served.contains(version) ? .ready : entry.loading.contains(version) ? .loading : .unavailable,
        reason: entry.failures[version] ?? (served.contains(version) ? "" : isLoadedNow))
    }
    if statuses.isEmpty || entry.problem != nil {
      statuses.append(ModelStatus(name: name, version: nil, state: .unavailable, reason: reason(entry)))
    }
    return statuses
  }

  private static let isLoadedNow = "it is being loaded"

  private static func reason(_ entry: Entry) -> String {
    if let problem = entry.problem { return problem }
    if let newest = entry.failures.max(by: { $0.key < $1.key }) { return newest.value }
    return entry.isUnloaded ? "unloaded" : isLoadedNow
  }

  // MARK: What loading changes

  /// These models are there; those that are not known yet are on the way.
  mutating func expect(_ names: some Sequence<String>) {
    for name in names where models[name] == nil { models[name] = Entry() }
  }

  /// These models are there, and nobody has asked for them.
  mutating func leaveUnloaded(_ names: some Sequence<String>) {
    for name in names where models[name] == nil { models[name] = Entry(isUnloaded: true) }
  }

  /// Lets go of all models but these.
  /// - Returns: the names of those that are gone.
  mutating func keepModels(_ names: Set<String>) -> [String] {
    let gone = models.keys.filter { !names.contains($0) }
    for name in gone { models[name] = nil }
    return gone
  }

  /// Forgets models that are not loaded, and are not among these any more.
  mutating func forgetUnloaded(besides names: Set<String>) {
    models = models.filter { names.contains($0.key) || !$0.value.isUnloaded }
  }

  /// - Returns: the versions that were served; nil if there is no such model.
  mutating func unload(_ name: String) -> [ServedModel]? {
    guard let served = models[name]?.served else { return nil }
    models[name] = Entry(isUnloaded: true)
    return served
  }

  /// When a version is read.
  enum Reading {
    /// Even if it is as it was.
    case always
    /// When it has changed, and is as the last look found it, so that whoever writes it is done.
    case whenRested
  }

  /// Whether a version has to be read, as it is on disk now; if so, it counts as read from here on.
  mutating func beginReading(
    _ name: String, _ version: Int, _ fingerprint: FolderFingerprint, _ reading: Reading
  ) -> Bool {
    var entry = models[name] ?? Entry()
    defer { models[name] = entry }
    entry.isUnloaded = false
    let last = entry.seen.updateValue(fingerprint, forKey: version)
    guard reading == .always || entry.read[version] != fingerprint else { return false }
    entry.loading.insert(version)
    guard reading == .always || last == fingerprint else { return false }
    entry.read[version] = fingerprint
    return true
  }

  /// A version is ready, and takes the place of the one of the same number.
  mutating func serve(_ model: ServedModel) {
    var entry = models[model.name] ?? Entry()
    entry.served.removeAll { $0.version == model.version }
    entry.served.append(model)
    entry.served.sort { $0.version > $1.version }
    entry.loading.remove(model.version)
    entry.failures[model.version] = nil
    models[model.name] = entry
  }

  /// A version could not be loaded; what is served stays.
  /// - Parameter triesAgain: whether the next look reads it again even if it is the same by then.
  /// - Returns: whether that is news.
  mutating func fail(_ name: String, _ version: Int, _ error: RepositoryError, triesAgain: Bool) -> Bool {
    var entry = models[name] ?? Entry()
    defer { models[name] = entry }
    entry.loading.remove(version)
    if triesAgain { entry.read[version] = nil }
    return entry.failures.updateValue("\(error)", forKey: version) != "\(error)"
  }

  /// Something is wrong with a model besides its versions, or nothing is any more.
  /// - Returns: whether that is news, and bad.
  mutating func setProblem(_ name: String, _ error: RepositoryError?) -> Bool {
    let text = error.map(String.init(describing:))
    let isNews = text != nil && models[name]?.problem != text
    models[name, default: Entry()].problem = text
    return isNews
  }

  /// Lets go of the versions that are not to be served. While one that is to be served cannot, the others stay as long
  /// as they are on disk; and never does a model go that was there.
  mutating func keepVersions(_ chosen: Set<Int>, onDisk: Set<Int>, of name: String) {
    guard var entry = models[name] else { return }
    entry.failures = entry.failures.filter { chosen.contains($0.key) }
    entry.read = entry.read.filter { chosen.contains($0.key) }
    entry.seen = entry.seen.filter { chosen.contains($0.key) }
    entry.loading.formIntersection(chosen)
    let areAllServed = chosen.isSubset(of: entry.served.map(\.version)) && entry.failures.isEmpty
    let kept = entry.served.filter {
      chosen.contains($0.version) || !areAllServed && onDisk.contains($0.version)
    }
    if !kept.isEmpty { entry.served = kept }
    models[name] = entry
  }
}
