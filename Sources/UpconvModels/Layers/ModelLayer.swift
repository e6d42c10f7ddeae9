/// A layer of the chain as Keras has it: options read and checked, sizes known as far as the input's are.
protocol ModelLayer: Sendable {
  /// What it gives, batch first; nil if a length varies.
  var outputDimensions: [Int?] { get }
  var weights: [WeightDeclaration] { get }
  /// What the layer says about the order of its input's axes.
  var layoutEvidence: LayoutEvidence { get }
  /// How it is computed.
  /// - Throws: `.negativeVariance`, `.geometry`.
  func drafts(_ weights: LayerWeights) throws(ModelError) -> [StageDraft]
}

extension ModelLayer {
  var weights: [WeightDeclaration] { [] }
  var layoutEvidence: LayoutEvidence { .keepsOrder }
}
