import UpconvConvolution

extension Layout {
  /// The value of Keras's `data_format`.
  var kerasName: String {
    switch self {
    case .nhwc: "channels_last"
    case .nchw: "channels_first"
    }
  }

  /// Where height, width and channels stand among the four axes.
  var axes: (height: Int, width: Int, channels: Int) {
    switch self {
    case .nhwc: (1, 2, 3)
    case .nchw: (2, 3, 1)
    }
  }

  /// The channels of images, which every layer on images needs to know.
  /// - Throws: `.wrongInput` where there are not four axes, or the channels vary.
  func channels(of input: [Int?], layer: String) throws(ModelError) -> Int {
    let order = self == .nhwc ? "[batch,height,width,channels]" : "[batch,channels,height,width]"
    guard input.count == 4 else {
      throw .wrongInput(layer: layer, input: input, rule: "takes images, \(order)")
    }
    guard let channels = input[axes.channels] else {
      throw .wrongInput(layer: layer, input: input, rule: "its channels, of \(order), must be known")
    }
    return channels
  }
}

extension TransposedConvolution {
  /// The length of one axis that an input's length gives.
  func outputLength(_ input: Int, axis: GeometryError.Axis, kernel: Spatial) -> Int {
    let (stride, dilation, kernel, added) =
      axis == .height
      ? (strides.height, dilations.height, kernel.height, outputPadding?.height ?? 0)
      : (strides.width, dilations.width, kernel.width, outputPadding?.width ?? 0)
    let full = (input - 1) * stride + (kernel - 1) * dilation + 1
    switch padding {
    case .same: return input * stride
    case .valid: return full + added
    case .explicit(let edges):
      return full + added - (axis == .height ? edges.top + edges.bottom : edges.left + edges.right)
    }
  }

  /// The same for images of which some lengths vary.
  /// - Throws: `.wrongInput` where nothing would be left.
  func outputDimensions(
    of input: [Int?], kernel: Spatial, outputChannels: Int, layer: String
  ) throws(ModelError) -> [Int?] {
    var output = input
    for (axis, index) in [(GeometryError.Axis.height, layout.axes.height), (.width, layout.axes.width)] {
      guard let length = input[index] else { continue }
      let result = outputLength(length, axis: axis, kernel: kernel)
      guard result > 0 else {
        throw .wrongInput(
          layer: layer, input: input, rule: "with this padding, it gives an image of \(axis.rawValue) \(result)")
      }
      output[index] = result
    }
    output[layout.axes.channels] = outputChannels
    return output
  }
}
