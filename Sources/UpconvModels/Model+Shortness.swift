package import UpconvTensor

extension Model {
  /// Whether a run for an input of this shape is shorter than handing it to another thread would take, by a careful
  /// guess from what there is to multiply and to write. O(layers); false for an input that the model cannot take.
  package func isShort(for input: Shape) -> Bool {
    guard input.elementCount <= Model.maxShortElements else { return false }
    var dimensions = input.dimensions
    var multiplyAdds = 0
    var elements = 0
    for stage in stages {
      multiplyAdds = sum(multiplyAdds, stage.multiplyAdds(for: dimensions))
      guard let output = try? stage.outputDimensions(of: dimensions) else { return false }
      elements = sum(elements, output.reduce(1) { product([$0], $1) })
      dimensions = output
      guard multiplyAdds <= Model.maxShortMultiplyAdds, elements <= Model.maxShortElements else { return false }
    }
    return true
  }

  /// A thread of Dispatch takes about 20 µs to wake; a core multiplies so much in 10 to 40 µs, small layers slower.
  private static let maxShortMultiplyAdds = 1 << 20
  private static let maxShortElements = 1 << 15
}
