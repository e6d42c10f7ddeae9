package import UpconvModels

/// Where models are, and how they are served where their own `config.json` says nothing else.
package struct RepositoryConfiguration: Sendable {
  /// The folder of all models, or of one; nil: no models.
  package var root: String?
  package var mode = ModelControlMode.none
  /// What a root that is itself a model is called.
  package var soleName: String?
  /// Models that are loaded at the start in explicit mode; `*` stands for all.
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

/// Who decides when a model is loaded.
package enum ModelControlMode: String, Sendable, CaseIterable {
  /// All at the start, and then never again.
  case none
  /// What the folder has, looked at again and again.
  case poll
  /// Whoever asks for it.
  case explicit
}
