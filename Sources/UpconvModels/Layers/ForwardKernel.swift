import UpconvTensor

/// The kernel of a Conv2D, `[height, width, input channels / groups, output channels]`, in the order that transposed
/// convolutions want: turned around, `[height, width, output channels / groups, input channels]`.
struct ForwardKernel {
  private let kernel: Tensor
  private let groups: Int

  init(_ kernel: Tensor, groups: Int) {
    self.kernel = kernel
    self.groups = groups
  }

  func turned() -> Tensor {
    func axis(_ kernel: Int) -> ForwardWindow {
      ForwardWindow(kernel: kernel, stride: 1, dilation: 1, padding: .none)
    }
    return turned(spaceToDepth: axis(kernel.shape[0]), axis(kernel.shape[1]))
  }

  /// For an image that `SpaceToDepthStage` gathered: tap `t` is tap `t / stride` for the channels of phase
  /// `t mod stride`, which stand in the order group, phase row, phase column, channel. Taps that no kernel has are 0.
  func turned(spaceToDepth rows: ForwardWindow, _ columns: ForwardWindow) -> Tensor {
    let (height, width) = (kernel.shape[0], kernel.shape[1])
    let (inputs, outputs) = (kernel.shape[2], kernel.shape[3])
    let outputsPerGroup = outputs / groups
    let phases = rows.gatheredPhases * columns.gatheredPhases
    let channels = groups * phases * inputs
    let (rowTaps, columnTaps) = (rows.gatheredKernel, columns.gatheredKernel)
    var turned = [Float](repeating: 0, count: rowTaps * columnTaps * outputsPerGroup * channels)
    kernel.withElements { kernel in
      for y in 0..<height {
        for x in 0..<width {
          let phase = y % rows.stride * columns.gatheredPhases + x % columns.stride
          let tap = (rowTaps - 1 - y / rows.stride) * columnTaps + columnTaps - 1 - x / columns.stride
          for input in 0..<inputs {
            let source = ((y * width + x) * inputs + input) * outputs
            for output in 0..<outputs {
              let group = output / outputsPerGroup
              let channel = (group * phases + phase) * inputs + input
              turned[(tap * outputsPerGroup + output % outputsPerGroup) * channels + channel] = kernel[source + output]
            }
          }
        }
      }
    }
    return Tensor.filled(
      dimensions: [rowTaps, columnTaps, outputsPerGroup, channels], elements: turned)
  }
}

extension Tensor {
  /// A tensor of lengths that were worked out, and so fit.
  static func filled(dimensions: [Int], elements: [Float]) -> Tensor {
    guard let tensor = Tensor(dimensions: dimensions, elements: elements) else {
      fatalError("\(elements.count) elements do not make the shape \(dimensions)")
    }
    return tensor
  }

  /// The same elements under another shape of as many.
  func viewed(as dimensions: [Int]) -> Tensor {
    guard let shape = try? Shape(dimensions, limits: TensorLimits(maxElements: .max, maxRank: .max)),
      let view = reshaped(to: shape)
    else { fatalError("\(shape) has not as many elements as \(dimensions)") }
    return view
  }
}
