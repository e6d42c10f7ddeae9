import UpconvConvolution

/// One axis of a transposed convolution with its crop said in numbers, whatever rule it came from:
/// `output = (input - 1)·stride + extent - before - after + added`.
struct ExplicitAxis {
  private let stride: Int
  private(set) var before: Int
  private(set) var after: Int
  private(set) var added: Int

  init(_ operation: TransposedConvolution, _ axis: GeometryError.Axis, kernel: Spatial) {
    let isHeight = axis == .height
    stride = isHeight ? operation.strides.height : operation.strides.width
    let dilation = isHeight ? operation.dilations.height : operation.dilations.width
    let extent = ((isHeight ? kernel.height : kernel.width) - 1) * dilation + 1
    added = (isHeight ? operation.outputPadding?.height : operation.outputPadding?.width) ?? 0
    switch operation.padding {
    case .valid:
      (before, after) = (0, 0)
    case .explicit(let edges):
      (before, after) = isHeight ? (edges.top, edges.bottom) : (edges.left, edges.right)
    case .same:
      // The output has input·stride positions.
      let crop = max(0, extent - stride)
      (before, after) = (crop / 2, crop - crop / 2)
      added = max(0, stride - extent)
    }
  }

  /// With fewer outputs at both ends.
  func cropped(before: Int, after: Int) -> ExplicitAxis {
    var axis = self
    axis.before += before
    axis.added = max(0, added - after)
    axis.after += after - (added - axis.added)
    return axis
  }

  /// For an input with this many zeros more at both ends: its outputs begin a stride earlier for each.
  func padded(before: Int, after: Int) -> ExplicitAxis? {
    var axis = self
    axis.before -= before * stride
    axis.after -= after * stride
    return axis.before >= 0 && axis.after >= 0 ? axis : nil
  }

  var isWithinBounds: Bool { max(before, after) <= ConvolutionLayer.maxExtent }
}
