import UpconvKernels
import UpconvTensor
import UpconvTestSupport

@testable import UpconvConvolution

/// A plan computed unit by unit in memory between guards: inputs that cannot be written, scratch and output of exactly
/// the size that was asked for, and nothing but NaNs where nothing was written in this unit.
struct GuardedRun {
  private(set) var output: [Float]
  /// What a unit did that it must not; nil where nothing.
  private(set) var fault: String?

  init(_ plan: ConvolutionPlan, _ input: Tensor, touching edge: GuardedBuffer<Float>.Edge) {
    let input = GuardedBuffer(reading: input.elements, touching: edge)
    let packed = GuardedBuffer(reading: plan.packed.elements, touching: edge)
    let bias = GuardedBuffer(reading: plan.bias.elements, touching: edge)
    let slopes = GuardedBuffer(reading: plan.slopes.elements, touching: edge)
    let output = GuardedBuffer<Float>(count: plan.outputShape.elementCount, touching: edge)
    let scratch = GuardedBuffer<Float>(count: plan.schedule.scratchElements, touching: edge)
    self.output = [Float](repeating: .nan, count: output.count)
    var isWritten = [Bool](repeating: false, count: output.count)
    withExtendedLifetime((input, packed, bias, slopes, output, scratch)) {
      let tensors = RunTensors(
        input: input.start, packed: packed.start, bias: bias.start, slopes: slopes.start, output: output.start)
      // Any order must do; the last first is one that no loop has.
      for unit in (0..<plan.schedule.unitCount).reversed() {
        output.clear()
        scratch.clear()
        plan.schedule.compute(unit: unit, tensors, scratch: scratch.start)
        for index in 0..<output.count where !output.isUnwritten(index) {
          if isWritten[index] { fault = "unit \(unit) writes element \(index), which another one wrote" }
          isWritten[index] = true
          self.output[index] = output.start[index]
        }
        if !output.isCleanBeside { fault = "unit \(unit) wrote beside the output" }
        if !scratch.isCleanBeside { fault = "unit \(unit) wrote beside its scratch" }
      }
    }
    if let index = isWritten.firstIndex(of: false) { fault = "no unit writes element \(index)" }
  }
}
