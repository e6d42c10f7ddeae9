/// The bound that every result is held to: `|got - expected| <= 4e-7 · Σ|x·w| + 1e-6`, element by element.
package enum Comparison {
  package static let relativeBound = 4e-7
  package static let absoluteBound = 1e-6

  /// A sentence about the worst element that is out of bounds; nil where all are within.
  package static func firstFault(
    got: [Float], expected: [Double], magnitudes: [Double]
  ) -> String? {
    guard got.count == expected.count, got.count == magnitudes.count else {
      return "\(got.count) elements where \(expected.count) were expected"
    }
    for index in got.indices {
      let bound = relativeBound * magnitudes[index] + absoluteBound
      let error = abs(Double(got[index]) - expected[index])
      // Written so that a NaN is a fault.
      guard error <= bound else {
        return "element \(index) is \(got[index]), expected \(expected[index]): off by \(error), bound \(bound)"
      }
    }
    return nil
  }
}
