import UpconvConvolution
import UpconvTensor

/// `exp(x)` over the sum of those along the last axis.
struct SoftmaxStage: Stage {
  let layer: String
  var work: String { "softmax" }

  func outputDimensions(of input: [Int]) -> [Int] { input }

  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) {
    let length = output.dimensions.last ?? 1
    guard length > 0 else { return }
    tensor.withMutableElements { elements in
      guard let start = elements.baseAddress else { return }
      for first in stride(from: 0, to: elements.count, by: length) {
        let row = UnsafeMutableBufferPointer(start: start + first, count: length)
        // The largest is taken away, so that nothing overflows; a NaN anywhere makes the sum one.
        var largest = -Float.infinity
        for x in row where x > largest { largest = x }
        var sum = 0.0
        for index in row.indices { row[index] -= largest }
        Activation.exponential.apply(row)
        for x in row { sum += Double(x) }
        let factor = Float(1 / sum)
        for index in row.indices { row[index] *= factor }
      }
    }
  }
}
