package import UpconvModels

/// One version of a model, loaded, with the queue of its requests. Whoever holds it may finish with it, also after the
/// repository has let it go.
package final class ServedModel: Sendable {
  package let name: String
  package let version: Int
  package let model: Model
  package let queue: ModelQueue
  package var policy: ServingPolicy { queue.policy }

  init(name: String, version: Int, model: Model, queue: ModelQueue) {
    self.name = name
    self.version = version
    self.model = model
    self.queue = queue
  }
}

/// What the repository knows of one version, or of a model that has none.
package struct ModelStatus: Sendable {
  /// Names of Triton's repository extension.
  package enum State: String, Sendable {
    case loading = "LOADING"
    case ready = "READY"
    case unavailable = "UNAVAILABLE"
  }

  package let name: String
  package let version: Int?
  package let state: State
  /// Why it is not ready; also, with one that is, why what is on disk now does not replace it.
  package let reason: String
}
