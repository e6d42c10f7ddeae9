import Testing
import UpconvTensor
import UpconvTestSupport

@testable import UpconvConvolution

/// Sizes and crops as literal numbers, worked out by hand from the libraries' own rules.
@Suite struct SizesAndCropsTests {
  private func run(
    x: [Float], w: [Float], _ change: (inout TransposedConvolution) -> Void
  ) throws -> [Float] {
    var operation = TransposedConvolution()
    change(&operation)
    let filters = Tensor(dimensions: [1, w.count, 1, 1], elements: w)!
    let input = Tensor(dimensions: [1, 1, x.count, 1], elements: x)!
    let layer = try ConvolutionLayer(operation, filters: filters, bias: nil)
    return try layer.plan(inputShape: input.shape).run(input).elements
  }

  @Test func `SAME takes the odd crop off the end, so a smaller output is no prefix of a larger one`() throws {
    let x: [Float] = [1, 10, 100]
    let w: [Float] = [1, 2, 3]
    let stride2 = { (operation: inout TransposedConvolution) in operation.strides = Spatial(height: 1, width: 2) }
    #expect(try run(x: x, w: w, stride2) == [1, 2, 13, 20, 130, 200])
    let five = try run(x: x, w: w) {
      stride2(&$0)
      $0.outputShape = RequestedOutputShape(spatial: Spatial(height: 1, width: 5))
    }
    #expect(five == [2, 13, 20, 130, 200])
  }

  @Test func `VALID and explicit crops give PyTorch's and ONNX's numbers`() throws {
    let x: [Float] = [1, 10, 100]
    let w: [Float] = [1, 2, 3]
    let cases: [(Padding, Int?, [Float])] = [
      (.valid, nil, [1, 2, 13, 20, 130, 200, 300]),
      (.valid, 1, [1, 2, 13, 20, 130, 200, 300, 0]),
      (.explicit(Padding.Edges(top: 0, bottom: 0, left: 1, right: 1)), nil, [2, 13, 20, 130, 200]),
      (.explicit(Padding.Edges(top: 0, bottom: 0, left: 1, right: 1)), 1, [2, 13, 20, 130, 200, 300]),
      (.explicit(Padding.Edges(top: 0, bottom: 0, left: 0, right: 1)), nil, [1, 2, 13, 20, 130, 200]),
    ]
    for (padding, added, expected) in cases {
      let got = try run(x: x, w: w) {
        $0.strides = Spatial(height: 1, width: 2)
        $0.padding = padding
        $0.outputPadding = added.map { Spatial(height: 0, width: $0) }
      }
      #expect(got == expected)
    }
  }

  @Test func `A stride beyond the kernel leaves zeros between`() throws {
    let got = try run(x: [1, 2], w: [5]) { $0.strides = Spatial(height: 1, width: 3) }
    #expect(got == [5, 0, 0, 10, 0, 0])
  }

  @Test func `Dilation and stride together reach every position that they share`() throws {
    let got = try run(x: [1, 10], w: [1, 2, 3]) {
      $0.strides = Spatial(height: 1, width: 2)
      $0.dilations = Spatial(height: 1, width: 3)
      $0.padding = .valid
    }
    // Scatter: 1 to 0, 3, 6 and 10 to 2, 5, 8, with the taps 1, 2, 3.
    #expect(got == [1, 0, 10, 2, 0, 20, 3, 0, 30])
  }

  @Test(arguments: [(5, 3...5), (7, 5...7), (9, 7...9)])
  func `Other sizes are refused with the range that would do`(length: Int, around: ClosedRange<Int>) throws {
    // SAME with input 4, stride 2 accepts 7 and 8 only.
    let input = Tensor(dimensions: [1, 1, 4, 1], elements: [1, 1, 1, 1])!
    var operation = TransposedConvolution()
    operation.strides = Spatial(height: 1, width: 2)
    operation.outputShape = RequestedOutputShape(spatial: Spatial(height: 1, width: length))
    let layer = try ConvolutionLayer(
      operation, filters: Tensor(dimensions: [1, 3, 1, 1], elements: [1, 1, 1])!, bias: nil)
    if length == 7 {
      #expect(try layer.plan(inputShape: input.shape).outputShape.dimensions == [1, 1, 7, 1])
    } else {
      let rule = GeometryError.AxisRule(input: 4, kernel: 3, stride: 2, dilation: 1, padding: "SAME")
      #expect(throws: GeometryError.outputSize(axis: .width, requested: length, accepted: 7...8, rule: rule)) {
        try layer.plan(inputShape: input.shape)
      }
    }
  }

  @Test func `An empty batch gives an empty answer of the right shape`() throws {
    let filters = Tensor(dimensions: [3, 3, 4, 2], elements: [Float](repeating: 1, count: 72))!
    let input = Tensor(dimensions: [0, 4, 4, 2], elements: [])!
    let output = try ConvolutionLayer(TransposedConvolution(), filters: filters, bias: nil)
      .plan(inputShape: input.shape).run(input)
    #expect(output.shape.dimensions == [0, 4, 4, 4])
    #expect(output.elements.isEmpty)
  }
}
