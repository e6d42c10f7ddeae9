import Testing
import UpconvTensor
import UpconvTestSupport

@testable import UpconvConvolution

/// What a plan promises beyond its numbers.
@Suite struct PlanTests {
  /// Batch, height, width, inputs, outputs, kernel, stride: real layers, and images of awkward proportions.
  static let sizes: [[Int]] = [
    [32, 4, 4, 256, 128, 5, 2], [1, 64, 64, 256, 64, 4, 2], [1, 32, 32, 128, 128, 3, 2], [1, 28, 28, 64, 64, 3, 1],
    [8, 32, 32, 64, 3, 5, 2], [1, 56, 56, 56, 1, 9, 2], [64, 4, 4, 2, 4, 3, 2], [1, 2, 20_000, 8, 8, 5, 2],
    [1, 3, 30_000, 32, 32, 3, 1], [1, 20_000, 2, 8, 8, 5, 2], [1, 1, 100_000, 4, 4, 25, 4],
    [1, 2, 50_000, 1, 1, 31, 1],
    [200, 3, 3, 64, 64, 3, 1],
  ]

  private static func plan(_ size: [Int], batch: Int? = nil) throws -> ConvolutionPlan {
    var operation = TransposedConvolution()
    operation.strides = Spatial(height: size[6], width: size[6])
    let filters = Tensor.filled(shape: try Shape([size[5], size[5], size[4], size[3]], limits: TensorLimits())) {
      $0.update(repeating: 0.5)
    }
    return try ConvolutionLayer(operation, filters: filters, bias: nil)
      .plan(inputShape: Shape([batch ?? size[0], size[1], size[2], size[3]], limits: TensorLimits()))
  }

  @Test(arguments: sizes)
  func `Scratch of all processors is less than input, output and packed filters, or small`(size: [Int]) throws {
    let plan = try PlanTests.plan(size)
    let held = 4 * (plan.inputShape.elementCount + plan.outputShape.elementCount) + plan.packedBytes
    let scratch = min(UnitGrid.processors, plan.unitCount) * plan.scratchBytesPerThread + plan.tableBytes
    #expect(scratch <= max(held, 512 << 10), "\(plan.algorithm)")
  }

  @Test(arguments: sizes)
  func `The pick does not depend on the batch`(size: [Int]) throws {
    let alone = try PlanTests.plan(size, batch: 1).algorithm
    for batch in [2, 3, 17] where batch * size[1] * size[2] * size[6] < 1_000_000 {
      #expect(try PlanTests.plan(size, batch: batch).algorithm == alone)
    }
  }

  @Test(arguments: sizes)
  func `Packed bytes are those of the tensor that is read`(size: [Int]) throws {
    let plan = try PlanTests.plan(size)
    #expect(plan.packedBytes >= 4 * plan.schedule.packedElements)
  }

  @Test func `What is wasted is counted from what is multiplied`() throws {
    // Four phases of 2×2 taps on 8×8 pixels of 64 channels, times zeros at the border.
    let plan = try PlanTests.plan([1, 8, 8, 64, 16, 4, 2])
    let phases = try ConvolutionLayer(
      {
        var operation = TransposedConvolution()
        operation.strides = Spatial(height: 2, width: 2)
        return operation
      }(),
      filters: Tensor(dimensions: [4, 4, 16, 64], elements: [Float](repeating: 1, count: 16_384))!, bias: nil
    ).plan(inputShape: plan.inputShape, algorithm: .phases)
    let useful = 64 * 16 * 30 * 30
    #expect(phases.multiplyAdds == useful)
    #expect(phases.wastedShare == 1 - Double(useful) / Double(64 * 16 * 32 * 32))
  }
}
