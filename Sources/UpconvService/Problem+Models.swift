import UpconvConvolution
import UpconvHTTP
import UpconvModels
import UpconvRepository
import UpconvSystem

extension Problem {
  /// A model that is not there to be used.
  init(_ error: RepositoryError) {
    switch error {
    case .unknownModel, .unknownVersion: self.init(status: .notFound, detail: "\(error)")
    case .notReady: self.init(status: .serviceUnavailable, detail: "\(error)", fields: [("retry-after", "5")])
    case .busy: self.init(status: .serviceUnavailable, detail: "\(error)", fields: [("retry-after", "1")])
    case .notExplicit: self.init(status: .forbidden, detail: "\(error)")
    case .invalidName, .noVersions, .versionNotANumber, .leavesRepository, .configuration, .model,
      .overBudget, .changedWhileRead:
      self.init(status: .badRequest, detail: "\(error)")
    // Its text has a path of the machine, which is nobody's business outside.
    case .unreadable: self.init(status: .internalServerError, detail: "the model repository cannot be read")
    }
  }

  /// A request that a model's queue has not answered with an output.
  init(_ failure: InferenceFailure) {
    switch failure {
    case .queueFull(let maxWaiting, let retryAfterSeconds):
      self.init(
        status: .serviceUnavailable,
        detail: "\(maxWaiting) requests wait for this model already; try again in \(retryAfterSeconds) s",
        fields: [("retry-after", "\(retryAfterSeconds)")])
    case .overloaded(let retryAfterSeconds): self.init(Refusal.overloaded(retryAfterSeconds: retryAfterSeconds))
    case .expired(let waited):
      let milliseconds = waited.nanoseconds / 1_000_000
      self.init(
        status: .gatewayTimeout,
        detail: "the request waited \(milliseconds) ms in the model's queue, longer than it was allowed to")
    case .run(.input(let error)): self.init(ServiceError.modelInput(error))
    case .run(.cancelled): self.init(ServiceError.run(.cancelled))
    }
  }
}
