package import UpconvTensor

extension Model {
  /// Whether a run for an input of this shape is shorter than handing it to another thread would take, by a careful
  /// guess from what there is to multiply and to write. O(layers) at most; false for an input that the model cannot take.
  package func isShort(for input: Shape) -> Bool {
    guard input.elementCount <= Model.maxShortElements else { return false }
    guard let known = try? known(input), known.multiplyAdds <= Model.maxShortMultiplyAdds else { return false }
    return known.shapes.reduce(0) { sum($0, $1.elementCount) } <= Model.maxShortElements
  }

  /// A thread of Dispatch takes about 20 µs to wake; a core multiplies so much in 10 to 40 µs, small layers slower.
  private static let maxShortMultiplyAdds = 1 << 20
  private static let maxShortElements = 1 << 15
}
