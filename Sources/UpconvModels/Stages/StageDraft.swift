import UpconvConvolution

/// A step that may still become one with those beside it.
enum StageDraft {
  case convolution(ConvolutionDraft)
  case affine(ChannelAffine, layer: String)
  case activation(Activation, layer: String)
  case parametricReLU(ParametricReLUStage)
  case border(BorderStage)
  case reshape(ReshapeStage)
  case upSampling(UpSamplingStage)
  case gathering(SpaceToDepthStage)
  /// One that joins with nothing.
  case fixed(any Stage)

  /// Joins neighbours where the result is the same, and makes them ready to run.
  /// - Throws: `.geometry`.
  static func stages(fusing drafts: [StageDraft], _ limits: ModelLimits) throws(ModelError) -> [any Stage] {
    var fused: [StageDraft] = []
    for draft in drafts {
      var joined = draft
      while let last = fused.last, let both = last.joined(with: joined) {
        fused.removeLast()
        joined = both
      }
      fused.append(joined)
    }
    var stages: [any Stage] = []
    for draft in fused { stages.append(try draft.stage(limits)) }
    return stages
  }

  /// One step that does what this and the next would, up to rounding; nil if there is none.
  private func joined(with next: StageDraft) -> StageDraft? {
    switch (self, next) {
    case (.convolution(let convolution), .activation(let activation, _)):
      convolution.followed(by: activation).map(StageDraft.convolution)
    case (.convolution(let convolution), .parametricReLU(let slopes)):
      convolution.followed(by: slopes).map(StageDraft.convolution)
    case (.convolution(let convolution), .affine(let affine, _)):
      convolution.followed(by: affine).map(StageDraft.convolution)
    case (.convolution(let convolution), .border(let border)):
      convolution.followed(by: border).map(StageDraft.convolution)
    case (.affine(let affine, _), .convolution(let convolution)):
      convolution.preceded(by: affine).map(StageDraft.convolution)
    case (.border(let border), .convolution(let convolution)):
      convolution.preceded(by: border).map(StageDraft.convolution)
    case (.upSampling(let upSampling), .convolution(let convolution)):
      convolution.preceded(by: upSampling).map(StageDraft.convolution)
    case (.border(let border), .gathering(let gathering)):
      gathering.preceded(by: border).map(StageDraft.gathering)
    case (.affine(let affine, let layer), .affine(let other, _)):
      affine.followed(by: other).map { .affine($0, layer: layer) }
    default:
      nil
    }
  }

  private func stage(_ limits: ModelLimits) throws(ModelError) -> any Stage {
    switch self {
    case .convolution(let draft): try draft.stage(limits)
    case .affine(let affine, let layer): AffineStage(layer: layer, affine)
    case .activation(let activation, let layer): ActivationStage(layer: layer, activation: activation)
    case .parametricReLU(let stage): stage
    case .border(let stage): stage
    case .reshape(let stage): stage
    case .upSampling(let stage): stage
    case .gathering(let stage): stage
    case .fixed(let stage): stage
    }
  }
}
