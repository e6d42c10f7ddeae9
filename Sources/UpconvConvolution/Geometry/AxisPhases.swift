/// One axis taken apart into phases: the outputs that share their taps.
///
/// Output `o` meets tap `t` where `o + cropBefore - t·dilation` is a multiple of the stride; the quotient is the
/// input's index. All outputs that are equal modulo the stride therefore meet the same taps, each at an input
/// index that grows by one from one output of the phase to the next. No zero is ever inserted or multiplied.
struct AxisPhases: Sendable {
  let stride: Int
  let input: Int
  /// Phase `p` holds the outputs p, p + stride, p + 2·stride, …
  let phases: [Phase]

  struct Phase: Sendable {
    /// How many outputs the phase has.
    let count: Int
    /// In ascending order of `kernelIndex`, which is descending order of `inputOffset`.
    let taps: [Tap]

    /// Which taps of the phase's m-th output read an input that exists: neighbours, since offsets descend.
    /// O(log taps), so that a kernel far larger than the image costs what it multiplies and no more.
    func usefulTaps(at m: Int, input: Int) -> Range<Int> {
      let first = firstTap { $0.inputOffset < input - m }
      return first..<max(first, firstTap { $0.inputOffset < -m })
    }

    /// The first tap that `condition` holds for; it holds for all that follow.
    private func firstTap(where condition: (Tap) -> Bool) -> Int {
      var range = 0..<taps.count
      while !range.isEmpty {
        let middle = range.lowerBound + range.count / 2
        range = condition(taps[middle]) ? range.lowerBound..<middle : middle + 1..<range.upperBound
      }
      return range.lowerBound
    }
  }

  struct Tap: Sendable, Hashable {
    let kernelIndex: Int
    /// The tap of the phase's m-th output reads input index m + inputOffset, where that is within the input.
    let inputOffset: Int
  }

  /// O(kernel + min(stride, output)).
  init(_ axis: AxisGeometry) {
    stride = axis.stride
    input = axis.input
    let phaseCount = min(axis.stride, axis.output)
    var taps = [[Tap]](repeating: [], count: phaseCount)
    for kernelIndex in 0..<axis.kernel {
      let reach = kernelIndex * axis.dilation - axis.cropBefore
      let phase = reach.modulo(axis.stride)
      if phase < phaseCount {
        taps[phase].append(Tap(kernelIndex: kernelIndex, inputOffset: (phase - reach) / axis.stride))
      }
    }
    phases = taps.enumerated().map { phase, taps in
      Phase(count: (axis.output - phase + axis.stride - 1) / axis.stride, taps: taps)
    }
  }

  /// The phase of an output and its place there.
  func position(ofOutput output: Int) -> (phase: Int, index: Int) {
    (output % stride, output / stride)
  }

  /// Pairs of tap and output of this axis whose input exists: the multiplications that one line needs.
  var usefulTaps: Int {
    phases.reduce(0) { sum, phase in
      sum
        + phase.taps.reduce(0) { sum, tap in
          let first = max(0, -tap.inputOffset)
          let last = min(phase.count, input - tap.inputOffset)
          return sum + max(0, last - first)
        }
    }
  }
}

extension Int {
  /// The remainder that is never negative.
  fileprivate func modulo(_ divisor: Int) -> Int {
    let remainder = self % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }
}
