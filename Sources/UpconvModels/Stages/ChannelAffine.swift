import UpconvTensor

/// `x·scale + shift`, with numbers for each channel or for all.
struct ChannelAffine: Sendable {
  /// The axis of the channels, counted from the batch; nil if one number is for all.
  let axis: Int?
  /// Whether that is the tensor's last axis, which a Dense layer's channels are.
  var isOnLastAxis = false
  var scale: [Double]
  var shift: [Double]

  /// The numbers of each of `count` channels.
  func expanded(to count: Int) -> (scale: [Double], shift: [Double]) {
    scale.count == count
      ? (scale, shift)
      : ([Double](repeating: scale[0], count: count), [Double](repeating: shift[0], count: count))
  }

  /// This and then another, as one; nil if their channels are on different axes.
  func followed(by next: ChannelAffine) -> ChannelAffine? {
    guard axis == nil || next.axis == nil || axis == next.axis else { return nil }
    let count = max(scale.count, next.scale.count)
    let (first, second) = (expanded(to: count), next.expanded(to: count))
    var joined = axis == nil ? next : self
    joined.scale = (0..<count).map { first.scale[$0] * second.scale[$0] }
    joined.shift = (0..<count).map { first.shift[$0] * second.scale[$0] + second.shift[$0] }
    return joined
  }
}

/// The same as a step of its own.
struct AffineStage: Stage {
  let layer: String
  var work: String { "affine" }
  private let axis: Int?
  private let scale: [Float]
  private let shift: [Float]

  init(layer: String, _ affine: ChannelAffine) {
    self.layer = layer
    axis = affine.axis
    scale = affine.scale.map { Float($0) }
    shift = affine.shift.map { Float($0) }
  }

  var byteCount: Int { 2 * scale.count * MemoryLayout<Float>.stride }

  func outputDimensions(of input: [Int]) -> [Int] { input }

  func run(_ tensor: inout Tensor, output: Shape, _ settings: RunSettings) {
    // Numbers that follow one another and belong to one channel.
    let inner = axis.map { product(Array(output.dimensions.dropFirst($0 + 1))) } ?? output.elementCount
    guard inner > 0 else { return }
    tensor.withMutableElements { elements in
      guard let start = elements.baseAddress else { return }
      if inner == 1 {
        scale.withUnsafeBufferPointer { scale in
          shift.withUnsafeBufferPointer { shift in
            for pixel in stride(from: 0, to: elements.count, by: scale.count) {
              for channel in scale.indices {
                start[pixel + channel] = start[pixel + channel] * scale[channel] + shift[channel]
              }
            }
          }
        }
      } else {
        for (index, plane) in stride(from: 0, to: elements.count, by: inner).enumerated() {
          let (factor, summand) = (scale[index % scale.count], shift[index % scale.count])
          for offset in plane..<plane + inner { start[offset] = start[offset] * factor + summand }
        }
      }
    }
  }
}
