package import UpconvModels

/// Why a model, or a version of it, is not there to be used.
package enum RepositoryError: Error {
  /// The folder of all models, or one below it, cannot be read.
  case unreadable(path: String, reason: String)
  /// A folder whose name no request could say.
  case invalidName(String)
  /// Neither a `model.json` nor a folder of a version.
  case noVersions(model: String)
  /// A folder of a version is called by something else than a positive number.
  case versionNotANumber(model: String, folder: String)
  /// A symbolic link that leads out of the repository.
  case leavesRepository(path: String)
  /// `config.json` is not what it should be.
  case configuration(model: String, ConfigurationError)
  case model(ModelError)
  /// All models together would take more memory than they may.
  case overBudget(model: String, bytes: Int, others: Int, maxBytes: Int)
  /// Somebody wrote its files while they were read.
  case changedWhileRead(model: String)
  case unknownModel(String)
  case unknownVersion(model: String, version: Int, known: [Int])
  /// It is known, and not loaded.
  case notReady(model: String, reason: String)
  /// Loading and unloading are not the clients' here.
  case notExplicit(mode: ModelControlMode)
  /// So many requests wait for the repository already.
  case busy(maxWaiting: Int)
}

extension RepositoryError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
    case .invalidName(let name):
      "the folder \"\(name)\" is no model: a model's name has letters, digits, \".\", \"_\" and \"-\", and does not "
        + "begin with a \".\""
    case .noVersions(let model): "the model \(model) has neither a model.json nor a folder of a version, such as 1/"
    case .versionNotANumber(let model, let folder):
      "the model \(model) has a folder \"\(folder)\": versions are called by positive whole numbers"
    case .leavesRepository(let path): "\(path) is a link that leads out of the model repository"
    case .configuration(let model, let error): "config.json of the model \(model): \(error)"
    case .model(let error): "\(error)"
    case .overBudget(let model, let bytes, let others, let maxBytes):
      "the model \(model) needs \(bytes) bytes and the other models take \(others): together at most "
        + "\(maxBytes) are allowed"
    case .changedWhileRead(let model): "the files of the model \(model) changed while they were read"
    case .unknownModel(let name): "there is no model \"\(name)\"; POST /v2/repository/index lists all"
    case .unknownVersion(let model, let version, let known):
      "the model \(model) has no version \(version)"
        + (known.isEmpty ? "" : "; it serves \(known.map(String.init).joined(separator: ", "))")
    case .notReady(let model, let reason): "the model \(model) is not ready: \(reason)"
    case .busy(let maxWaiting): "\(maxWaiting) requests wait for the model repository already"
    case .notExplicit(let mode):
      "models are loaded and unloaded by request only with --model-control-mode explicit; it is \(mode.rawValue)"
    }
  }
}

extension RepositoryError {
  /// Whether the cause may be gone although the files are as they were.
  var mayPass: Bool {
    switch self {
    case .overBudget, .changedWhileRead, .unreadable: true
    default: false
    }
  }
}
