import UpconvConvolution

extension StageDraft {
  /// Joins neighbours where the result is the same, and makes them ready to run.
  /// - Throws: `.geometry`.
  static func stages(fusing drafts: [StageDraft], _ limits: ModelLimits) throws(ModelError) -> [any Stage] {
    var fused: [StageDraft] = []
    for draft in drafts {
      if let last = fused.last, let joined = last.joined(with: draft) {
        fused[fused.count - 1] = joined
      } else {
        fused.append(draft)
      }
    }
    var stages: [any Stage] = []
    for draft in fused { stages.append(try draft.stage(limits)) }
    return stages
  }

  /// One step that does what this and the next would; nil where there is none.
  private func joined(with next: StageDraft) -> StageDraft? {
    switch (self, next) {
    case (.convolution(var convolution), .activation(let activation, _))
    where convolution.operation.activation == .linear:
      convolution.operation.activation = activation
      return .convolution(convolution)
    default:
      return nil
    }
  }

  private func stage(_ limits: ModelLimits) throws(ModelError) -> any Stage {
    switch self {
    case .convolution(let draft): try draft.stage(limits)
    case .activation(let activation, let layer): ActivationStage(layer: layer, activation: activation)
    }
  }
}
