import UpconvConvolution
import UpconvTensor

/// Each negative element times a slope of its own, or of its place along some axes.
struct ParametricReLUStage: Stage {
  let layer: String
  var work: String { "activation" }
  /// An axis for each of the input's but the batch: its length, or 1 where all places along it share their slopes.
  let slopes: Tensor

  var byteCount: Int { slopes.byteCount }

  /// The slopes by channel, if they depend on nothing but the place along one axis.
  /// - Parameter axis: counted from the batch.
  func slopes(byChannelOn axis: Int) -> Tensor? {
    let lengths = slopes.shape.dimensions
    guard lengths.indices.contains(axis - 1), slopes.shape.elementCount == lengths[axis - 1] else { return nil }
    return slopes.reshaped(to: Shape(vectorLength: lengths[axis - 1]))
  }

  func outputDimensions(of input: [Int]) -> [Int] { input }

  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) {
    let lengths = output.dimensions
    let own = [1] + slopes.shape.dimensions
    // Elements that follow one another and share a slope; and those with slopes that follow one another.
    let shared = ParametricReLUStage.trailing(lengths) { own[$0] == 1 }
    let line = ParametricReLUStage.trailing(lengths) { own[$0] == lengths[$0] }
    let run = max(shared.count, line.count)
    let outer = shared.count > line.count ? shared.axis : line.axis
    guard run > 0 else { return }
    tensor.withMutableElements { elements in
      slopes.withElements { slopes in
        if shared.count <= line.count, slopes.count == line.count {
          Activation.parametricReLU.apply(elements, slopes: slopes, threads: settings.threads)
          return
        }
        for (index, first) in stride(from: 0, to: elements.count, by: run).enumerated() {
          let place = place(index, lengths, own, outer) * (shared.count > line.count ? 1 : line.count)
          let part = UnsafeMutableBufferPointer(rebasing: elements[first..<first + run])
          if shared.count > line.count {
            Activation.leakyReLU(alpha: slopes[place]).apply(part, threads: settings.threads)
          } else {
            Activation.parametricReLU.apply(
              part, slopes: UnsafeBufferPointer(rebasing: slopes[place..<place + run]), threads: settings.threads)
          }
        }
      }
    }
  }

  /// The last axes for all of which something holds: the first of them, and the product of their lengths.
  private static func trailing(_ lengths: [Int], where holds: (Int) -> Bool) -> (axis: Int, count: Int) {
    var (axis, count) = (lengths.count, 1)
    while axis > 0, holds(axis - 1) {
      axis -= 1
      count *= lengths[axis]
    }
    return (axis, count)
  }

  /// Where the slopes of a place along the first axes stand among those of all such places.
  private func place(_ index: Int, _ lengths: [Int], _ own: [Int], _ axes: Int) -> Int {
    var (rest, place, step) = (index, 0, 1)
    for axis in (0..<axes).reversed() {
      let (quotient, coordinate) = rest.quotientAndRemainder(dividingBy: lengths[axis])
      if own[axis] > 1 { place += coordinate * step }
      step *= own[axis]
      rest = quotient
    }
    return place
  }
}
