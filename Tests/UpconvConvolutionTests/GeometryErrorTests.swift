import Testing
import UpconvTensor
import UpconvTestSupport

@testable import UpconvConvolution

/// One test a case: what does not fit is refused, by name.
@Suite struct GeometryErrorTests {
  private func ones(_ dimensions: [Int]) -> Tensor {
    Tensor(dimensions: dimensions, elements: [Float](repeating: 1, count: dimensions.reduce(1, *)))!
  }

  private func expect(
    _ error: GeometryError, input: [Int] = [1, 4, 4, 2], filters: [Int] = [3, 3, 4, 2], bias: [Int]? = nil,
    limits: ConvolutionLimits = ConvolutionLimits(), _ change: (inout TransposedConvolution) -> Void = { _ in }
  ) {
    var operation = TransposedConvolution()
    change(&operation)
    #expect(throws: error) {
      let layer = try ConvolutionLayer(operation, filters: ones(filters), bias: bias.map(ones))
      _ = try layer.plan(inputShape: ones(input).shape, limits: limits)
    }
    #expect(!error.description.isEmpty)
    #expect(
      error.description.contains(error.field) || error.field == "padding" || error.field == "input"
        || error.field == "output_shape")
  }

  @Test func `Wrong ranks`() {
    expect(.wrongRank(field: "input", shape: [4, 4, 2]), input: [4, 4, 2])
    expect(.wrongRank(field: "filters", shape: [3, 3, 4]), filters: [3, 3, 4])
  }

  @Test func `Empty axes`() {
    expect(.emptyAxis(field: "input", shape: [1, 0, 4, 2]), input: [1, 0, 4, 2])
    expect(.emptyAxis(field: "filters", shape: [3, 3, 0, 2]), filters: [3, 3, 0, 2])
  }

  @Test func `Values out of range`() {
    expect(.outOfRange(field: "strides", value: 0, accepted: 1...65_536)) { $0.strides.height = 0 }
    expect(.outOfRange(field: "strides", value: -1, accepted: 1...65_536)) { $0.strides.width = -1 }
    expect(.outOfRange(field: "strides", value: .max, accepted: 1...65_536)) { $0.strides.width = .max }
    expect(.outOfRange(field: "dilations", value: 0, accepted: 1...65_536)) { $0.dilations.width = 0 }
    expect(.outOfRange(field: "groups", value: 0, accepted: 1...65_536)) { $0.groups = 0 }
    expect(.outOfRange(field: "padding", value: -1, accepted: 0...65_536)) {
      $0.padding = .explicit(Padding.Edges(top: 0, bottom: -1, left: 0, right: 0))
    }
    expect(.outOfRange(field: "output_padding", value: -1, accepted: 0...65_536)) {
      $0.padding = .valid
      $0.outputPadding = Spatial(height: -1, width: 0)
    }
  }

  @Test func `A kernel larger than any table`() {
    expect(.kernelTooLarge(shape: [65_537, 1, 1, 2], maxExtent: 65_536), filters: [65_537, 1, 1, 2])
  }

  @Test func `Channels and groups that do not fit`() {
    expect(.channelMismatch(inputChannels: 2, filterInputChannels: 3), filters: [3, 3, 4, 3])
    expect(.groupsDoNotDivide(groups: 3, inputChannels: 2)) { $0.groups = 3 }
    expect(.biasShape(shape: [3], outputChannels: 4), bias: [3])
    expect(.biasShape(shape: [4, 1], outputChannels: 4), bias: [4, 1])
  }

  @Test func `Output padding where it has no meaning`() {
    expect(.outputPaddingWithSame) { $0.outputPadding = Spatial(height: 0, width: 1) }
    expect(.outputPaddingWithOutputShape) {
      $0.padding = .valid
      $0.outputPadding = Spatial(height: 1, width: 0)
      $0.outputShape = RequestedOutputShape(spatial: Spatial(height: 6, width: 6))
    }
    expect(.outputPaddingTooLarge(axis: .width, value: 2, stride: 2, dilation: 1)) {
      $0.padding = .valid
      $0.strides = Spatial(height: 2, width: 2)
      $0.outputPadding = Spatial(height: 1, width: 2)
    }
  }

  @Test func `Output shapes that the input cannot give`() {
    expect(.outputBatch(requested: 2, input: 1)) {
      $0.outputShape = RequestedOutputShape(batch: 2, spatial: Spatial(height: 4, width: 4))
    }
    expect(.outputChannels(requested: 5, given: 4)) {
      $0.outputShape = RequestedOutputShape(spatial: Spatial(height: 4, width: 4), channels: 5)
    }
    let valid = GeometryError.AxisRule(input: 4, kernel: 3, stride: 2, dilation: 1, padding: "VALID")
    expect(.outputSize(axis: .height, requested: 11, accepted: 9...10, rule: valid)) {
      $0.padding = .valid
      $0.strides = Spatial(height: 2, width: 2)
      $0.outputShape = RequestedOutputShape(spatial: Spatial(height: 11, width: 9))
    }
    let cropped = GeometryError.AxisRule(
      input: 4, kernel: 3, stride: 1, dilation: 1, padding: "[[3,3],[0,0]]")
    expect(.noOutput(axis: .height, size: 0, rule: cropped)) {
      $0.padding = .explicit(Padding.Edges(top: 3, bottom: 3, left: 0, right: 0))
    }
  }

  @Test func `Outputs and work beyond the limits`() {
    let small = ConvolutionLimits(tensor: TensorLimits(maxElements: 100), maxMultiplyAdds: 1 << 40)
    expect(.outputTooLarge(shape: [1, 8, 8, 4], maxElements: 100), limits: small) {
      $0.strides = Spatial(height: 2, width: 2)
    }
    let huge = { (operation: inout TransposedConvolution) in
      operation.strides = Spatial(height: 65_536, width: 65_536)
    }
    expect(.outputTooLarge(shape: [1, 262_144, 262_144, 4], maxElements: 1 << 26), huge)
    // 4 rows meet 3+3+2+2 taps in each axis (a border of one pixel): 10 · 10 · 2 · 4.
    expect(.tooMuchWork(multiplyAdds: 800, maxMultiplyAdds: 799), limits: ConvolutionLimits(maxMultiplyAdds: 799))
  }
}
