package import UpconvConvolution
package import UpconvTensor

/// How one step of a run is done.
package struct StagePlan: Sendable {
  /// The layer that the step is for, or the first of those that became one.
  package let layer: String
  /// What it does: `convolution`, `affine`, `activation`, `softmax`, `reshape`, `transpose`, `border`, `resize` or
  /// `gather`.
  package let work: String
  package let output: Shape
  /// For a convolution or a Dense layer.
  package let convolution: ConvolutionPlan?
}

extension Model {
  /// The plans of all steps for an input of a shape. Layers without a step of their own have become part of a
  /// neighbour's, or have nothing to do.
  /// - Throws: as `outputShape(for:)`.
  /// - Complexity: filters are packed where they were not.
  package func plans(for input: Shape) throws(ModelRunError) -> [StagePlan] {
    let shapes: [Shape]
    do throws(ModelInputError) { shapes = try self.shapes(for: input) } catch { throw .input(error) }
    var plans: [StagePlan] = []
    var last = input
    for (stage, output) in zip(stages, shapes) {
      var plan: ConvolutionPlan?
      if let stage = stage as? ConvolutionStage { plan = try stage.plan(forInput: last) }
      plans.append(StagePlan(layer: stage.layer, work: stage.work, output: output, convolution: plan))
      last = output
    }
    return plans
  }

  /// One thread's time for the convolutions of a run, as the cost model has it.
  /// - Throws: as `outputShape(for:)`.
  package func estimatedNanoseconds(for input: Shape) throws(ModelRunError) -> Double {
    try plans(for: input).reduce(0) { $0 + ($1.convolution?.choice.nanoseconds ?? 0) }
  }

  /// What every transposed convolution with a stride above 1 does to a constant image.
  package var checkerboards: [Checkerboard] {
    let names = Set(layers.filter { $0.className == "Conv2DTranspose" }.map(\.name))
    return stages.compactMap { stage in
      guard let stage = stage as? ConvolutionStage, names.contains(stage.layer) else { return nil }
      return Checkerboard(layer: stage.layer, stage.planned.layer)
    }
  }
}
