import CAllocationCount
import Testing
import UpconvTensor
import UpconvTestSupport

@testable import UpconvConvolution

/// A warm run takes memory for its output, and for nothing that grows with the layer. In debug mode Swift keeps closures
/// and iterators on the heap that the optimiser puts on the stack, so what ships is measured.
@Suite struct AllocationTests {
  /// Input channels, output channels, kernel, stride, layout.
  static let layers: [(Int, Int, Int, Int, Layout)] = [
    (2, 4, 3, 2, .nhwc), (64, 32, 4, 2, .nhwc), (64, 33, 3, 1, .nchw), (7, 3, 5, 3, .nchw), (40, 1, 9, 2, .nhwc),
  ]

  /// A layer's input and its plan, or nil if the algorithm cannot compute the layer.
  private struct Case {
    let input: Tensor
    let plan: ConvolutionPlan

    init?(layer index: Int, _ algorithm: Algorithm) throws {
      let (inputs, outputs, kernel, stride, layout) = layers[index]
      var generator = SeededGenerator(seed: UInt64(index))
      var operation = TransposedConvolution()
      operation.strides = Spatial(height: stride, width: stride)
      operation.layout = layout
      input = generator.tensor(layout == .nhwc ? [3, 21, 34, inputs] : [3, inputs, 21, 34])
      let layer = try ConvolutionLayer(
        operation, filters: generator.tensor([kernel, kernel, outputs, inputs]), bias: nil)
      guard let plan = try Self.plan(layer, input.shape, algorithm) else { return nil }
      self.plan = plan
    }

    private static func plan(_ layer: ConvolutionLayer, _ shape: Shape, _ algorithm: Algorithm) throws
      -> ConvolutionPlan?
    {
      do { return try layer.plan(inputShape: shape, algorithm: algorithm) } catch GeometryError.algorithmNotPossible {
        return nil
      }
    }
  }

  /// Pairs of a layer and an algorithm.
  static let cases = layers.indices.flatMap { layer in Algorithm.allCases.map { (layer, $0) } }

  @Test(.optimizedOnly, .enabled(if: upconv_allocation_count() >= 0), arguments: cases.indices)
  func `A warm run allocates its output and little else`(index: Int) throws {
    let (layer, algorithm) = AllocationTests.cases[index]
    guard let tested = try Case(layer: layer, algorithm) else { return }
    let (plan, input) = (tested.plan, tested.input)
    for _ in 0..<2 { _ = try plan.run(input) }
    let before = upconv_allocation_count()
    let output = try plan.run(input)
    let count = upconv_allocation_count() - before
    withExtendedLifetime(output) {}
    // The tensor's storage and its owner, and the closures of the run: whatever the layer, however many units.
    #expect(count <= 8, "\(algorithm) \(plan.unitCount) units")
  }

  @Test(.optimizedOnly, .enabled(if: upconv_allocation_count() >= 0), arguments: cases.indices)
  func `A unit allocates nothing`(index: Int) throws {
    let (layer, algorithm) = AllocationTests.cases[index]
    guard let tested = try Case(layer: layer, algorithm) else { return }
    let (plan, input) = (tested.plan, tested.input)
    let scratch = UnsafeMutablePointer<Float>.allocate(capacity: max(1, plan.schedule.scratchElements))
    defer { scratch.deallocate() }
    _ = Tensor.filled(shape: plan.outputShape) { output in
      input.withElements { input in
        plan.packed.withElements { packed in
          plan.bias.withElements { bias in
            let tensors = RunTensors(
              input: input.baseAddress!, packed: packed.baseAddress!, bias: bias.baseAddress!,
              slopes: bias.baseAddress!, output: output.baseAddress!)
            let schedule = plan.schedule
            schedule.compute(unit: 0, tensors, scratch: scratch)
            let before = upconv_allocation_count()
            for unit in 0..<schedule.unitCount { schedule.compute(unit: unit, tensors, scratch: scratch) }
            #expect(upconv_allocation_count() == before, "\(algorithm)")
          }
        }
      }
    }
  }

  @Test(.enabled(if: upconv_allocation_count() >= 0))
  func `An allocation is counted`() {
    let before = upconv_allocation_count()
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 1000, alignment: 64)
    let other = UnsafeMutableRawPointer.allocate(byteCount: 1000, alignment: 8)
    #expect(upconv_allocation_count() == before + 2)
    memory.deallocate()
    other.deallocate()
  }
}
