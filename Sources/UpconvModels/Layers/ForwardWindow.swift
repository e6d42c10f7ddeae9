/// One axis of a (forward) convolution: which inputs an output's window covers.
///
/// Output `o` reads the inputs `o·stride + t·dilation - before` for the taps `t`.
struct ForwardWindow: Sendable, Hashable {
  enum Padding: Sendable, Hashable {
    /// TensorFlow's SAME: `ceil(input / stride)` outputs, the odd zero at the end.
    case same
    case zeros(before: Int, after: Int)

    static var none: Padding { .zeros(before: 0, after: 0) }
  }

  let kernel: Int
  let stride: Int
  let dilation: Int
  private(set) var padding: Padding

  init(kernel: Int, stride: Int, dilation: Int, padding: Padding) {
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.padding = padding
  }

  var extent: Int { (kernel - 1) * dilation + 1 }

  /// 0 or less where the kernel is larger than the input.
  func outputLength(_ input: Int) -> Int {
    switch padding {
    case .same:
      return (input + stride - 1) / stride
    case .zeros(let before, let after):
      let room = input + before + after - extent
      return room < 0 ? 0 : room / stride + 1
    }
  }

  /// Zeros before the input.
  func before(_ input: Int) -> Int {
    switch padding {
    case .same: max(0, (outputLength(input) - 1) * stride + extent - input) / 2
    case .zeros(let before, _): before
    }
  }

  /// With this many zeros more; nil if the input's size decides about zeros.
  func padded(before: Int, after: Int) -> ForwardWindow? {
    guard case .zeros(let first, let last) = padding else { return nil }
    var window = self
    window.padding = .zeros(before: first + before, after: last + after)
    return window
  }

  /// For stride 1: what a transposed convolution with the kernel turned around crops. The zeros are never more than
  /// the kernel reaches.
  var crop: (before: Int, after: Int) {
    switch padding {
    case .same: (extent - 1 - (extent - 1) / 2, (extent - 1) / 2)
    case .zeros(let before, let after): (extent - 1 - before, extent - 1 - after)
    }
  }

  /// How many of a stride's inputs any tap reads: each becomes channels of its own in the gathered image.
  var gatheredPhases: Int { min(stride, kernel) }

  /// The taps that remain for each of these.
  var gatheredKernel: Int { (kernel + stride - 1) / stride }
}
