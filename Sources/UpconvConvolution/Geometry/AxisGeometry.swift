/// One axis of a transposed convolution: sizes and crop.
///
/// The full result of scattering has `(input-1)·stride + (kernel-1)·dilation + 1` positions, the output is the
/// window of it that begins at `cropBefore`; where the window is larger than the full result, it is filled up
/// with positions that no tap reaches.
struct AxisGeometry: Sendable, Hashable {
  let input: Int
  let kernel: Int
  let stride: Int
  let dilation: Int
  let output: Int
  /// May be negative only if the output is larger than the full result.
  let cropBefore: Int

  /// How the output's size is chosen.
  enum Rule {
    case same
    case cropped(before: Int, after: Int)
  }

  /// The number of positions before any crop.
  static func fullSize(input: Int, kernel: Int, stride: Int, dilation: Int) -> Int {
    (input - 1) * stride + (kernel - 1) * dilation + 1
  }

  /// The sizes that a forward convolution would bring back to `input`: what TensorFlow accepts as output_shape
  /// (for SAME `ceil(output/stride) = input`, else `floor((output - effective kernel + crops)/stride) + 1 = input`).
  static func acceptedOutputs(
    input: Int, kernel: Int, stride: Int, dilation: Int, rule: Rule
  ) -> ClosedRange<Int> {
    switch rule {
    case .same:
      return (input - 1) * stride + 1...input * stride
    case .cropped(let before, let after):
      let smallest = fullSize(input: input, kernel: kernel, stride: stride, dilation: dilation) - before - after
      return smallest...smallest + stride - 1
    }
  }

  /// Where the window begins in the full result. SAME splits the crop that the size demands, the odd one at the end.
  static func cropBefore(
    input: Int, kernel: Int, stride: Int, dilation: Int, output: Int, rule: Rule
  ) -> Int {
    switch rule {
    case .same:
      max(0, fullSize(input: input, kernel: kernel, stride: stride, dilation: dilation) - output) / 2
    case .cropped(let before, _):
      before
    }
  }
}
