package import UpconvTensor

/// A layer made ready for one size of input: sizes, crops and phases are settled, only the numbers are missing.
package struct ConvolutionPlan: Sendable {
  package let inputShape: Shape
  package let outputShape: Shape
  /// Multiplications whose input exists: what is really computed, none of it with inserted zeros.
  package let multiplyAdds: Int
  let layer: ConvolutionLayer
  let geometry: OutputGeometry
  let rows: AxisPhases
  let columns: AxisPhases

  init(layer: ConvolutionLayer, inputShape: Shape, limits: ConvolutionLimits) throws(GeometryError) {
    let geometry = try OutputGeometry(
      operation: layer.operation, inputShape: inputShape, kernel: layer.kernel,
      inputChannels: layer.inputChannels, outputChannels: layer.outputChannels, limits: limits)
    let rows = AxisPhases(geometry.vertical)
    let columns = AxisPhases(geometry.horizontal)
    let factors = [
      geometry.input.batch, rows.usefulTaps, columns.usefulTaps, layer.filters.inputChannelsPerGroup,
      layer.outputChannels,
    ]
    var multiplyAdds = 1
    for factor in factors {
      let (product, overflow) = multiplyAdds.multipliedReportingOverflow(by: factor)
      multiplyAdds = overflow ? .max : product
    }
    guard multiplyAdds <= limits.maxMultiplyAdds else {
      throw .tooMuchWork(multiplyAdds: multiplyAdds, maxMultiplyAdds: limits.maxMultiplyAdds)
    }
    self.inputShape = inputShape
    self.outputShape = geometry.outputShape
    self.multiplyAdds = multiplyAdds
    self.layer = layer
    self.geometry = geometry
    self.rows = rows
    self.columns = columns
  }

  /// Whether the whole run is shorter than handing it to another thread would take.
  package var isTiny: Bool { work < WorkSplit.minWorkPerPart }

  /// Multiply-adds and stores.
  var work: Int { multiplyAdds.addingClamped(outputShape.elementCount) }
}

extension ConvolutionLayer {
  /// Works out everything that one size of input needs.
  /// - Throws: the `GeometryError`s that concern `input`, `output_shape`, `output_padding` and `padding`.
  package func plan(
    inputShape: Shape, limits: ConvolutionLimits = ConvolutionLimits()
  ) throws(GeometryError) -> ConvolutionPlan {
    try ConvolutionPlan(layer: self, inputShape: inputShape, limits: limits)
  }
}

extension Int {
  fileprivate func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
