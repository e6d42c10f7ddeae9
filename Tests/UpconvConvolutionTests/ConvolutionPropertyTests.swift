import Testing
import UpconvConvolution
import UpconvTensor
import UpconvTestSupport

/// Random specifications against the definition in double precision.
@Suite struct ConvolutionPropertyTests {
  struct Sample: CustomStringConvertible {
    var operation: TransposedConvolution
    var input: Tensor
    var filters: Tensor
    var bias: Tensor?
    var crop: Spatial
    var output: Spatial

    var description: String { "\(operation) input \(input.shape) filters \(filters.shape) crop \(crop) output \(output)" }
  }

  /// A specification and, worked out here independently, its size and crop.
  static func sample(_ generator: inout SeededGenerator) -> Sample {
    var operation = TransposedConvolution()
    operation.strides = Spatial(height: generator.pick([1, 1, 2, 2, 3, 4, 7]), width: generator.pick([1, 2, 2, 3, 5]))
    operation.dilations = Spatial(height: generator.pick([1, 1, 1, 2, 3]), width: generator.pick([1, 1, 2, 3, 4]))
    operation.groups = generator.pick([1, 1, 1, 2, 3])
    operation.layout = generator.pick([.nhwc, .nchw])
    operation.activation = generator.pick([.linear, .linear, .relu, .leakyReLU(alpha: 0.3), .sigmoid, .tanh])
    let kernel = Spatial(height: generator.pick([1, 2, 3, 4, 5, 7]), width: generator.pick([1, 2, 3, 4, 5, 9]))
    let size = Spatial(height: Int.random(in: 1...7, using: &generator), width: Int.random(in: 1...13, using: &generator))
    let inputs = operation.groups * generator.pick([1, 2, 3, 5])
    let outputs = generator.pick([1, 2, 3, 7, 8, 9, 17])
    let batch = generator.pick([1, 1, 2, 3])

    let full = Spatial(
      height: (size.height - 1) * operation.strides.height + (kernel.height - 1) * operation.dilations.height + 1,
      width: (size.width - 1) * operation.strides.width + (kernel.width - 1) * operation.dilations.width + 1)
    var crop = Spatial(height: 0, width: 0)
    var output = full
    switch Int.random(in: 0..<3, using: &generator) {
    case 0:
      operation.padding = .same
      output = Spatial(
        height: Int.random(in: (size.height - 1) * operation.strides.height + 1...size.height * operation.strides.height, using: &generator),
        width: Int.random(in: (size.width - 1) * operation.strides.width + 1...size.width * operation.strides.width, using: &generator))
      crop = Spatial(height: max(0, full.height - output.height) / 2, width: max(0, full.width - output.width) / 2)
      if output.height != size.height * operation.strides.height || output.width != size.width * operation.strides.width
        || Bool.random(using: &generator)
      {
        operation.outputShape = RequestedOutputShape(spatial: output)
      }
    case 1:
      operation.padding = .valid
      if Bool.random(using: &generator) {
        output.height += Int.random(in: 0..<operation.strides.height, using: &generator)
        output.width += Int.random(in: 0..<operation.strides.width, using: &generator)
        operation.outputShape = RequestedOutputShape(spatial: output)
      }
    default:
      let top = Int.random(in: 0...(full.height - 1) / 2, using: &generator)
      let bottom = Int.random(in: 0...(full.height - 1) / 2, using: &generator)
      let left = Int.random(in: 0...(full.width - 1) / 2, using: &generator)
      let right = Int.random(in: 0...(full.width - 1) / 2, using: &generator)
      operation.padding = .explicit(Padding.Edges(top: top, bottom: bottom, left: left, right: right))
      crop = Spatial(height: top, width: left)
      output = Spatial(height: full.height - top - bottom, width: full.width - left - right)
      if Bool.random(using: &generator) {
        let added = Spatial(
          height: Int.random(in: 0..<max(operation.strides.height, operation.dilations.height), using: &generator),
          width: Int.random(in: 0..<max(operation.strides.width, operation.dilations.width), using: &generator))
        operation.outputPadding = added
        output.height += added.height
        output.width += added.width
      }
    }
    let inputShape =
      operation.layout == .nhwc ? [batch, size.height, size.width, inputs] : [batch, inputs, size.height, size.width]
    return Sample(
      operation: operation, input: generator.tensor(inputShape),
      filters: generator.tensor([kernel.height, kernel.width, outputs, inputs]),
      bias: Bool.random(using: &generator) ? generator.tensor([outputs * operation.groups]) : nil,
      crop: crop, output: output)
  }

  @Test(arguments: 0..<40)
  func `Random specifications agree with the definition`(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    for _ in 0..<15 {
      let sample = ConvolutionPropertyTests.sample(&generator)
      let reference = GatherReference(
        operation: sample.operation, input: sample.input, filters: sample.filters, bias: sample.bias,
        outputSize: sample.output, cropBefore: sample.crop)
      let plan = try ConvolutionLayer(sample.operation, filters: sample.filters, bias: sample.bias)
        .plan(inputShape: sample.input.shape)
      let output = try plan.run(sample.input)
      #expect(output.shape.dimensions == reference.dimensions, "\(sample)")
      let fault = Comparison.firstFault(
        got: output.elements, expected: reference.outputs, magnitudes: reference.magnitudes)
      #expect(fault == nil, "seed \(seed): \(sample)")
    }
  }

  @Test func `The same request gives the same bits with 1, 2, 3 and 16 threads`() throws {
    var generator = SeededGenerator(seed: 99)
    for (batch, layout) in [(1, Layout.nhwc), (3, .nhwc), (5, .nchw)] {
      var operation = TransposedConvolution()
      operation.strides = Spatial(height: 2, width: 2)
      operation.layout = layout
      operation.activation = .tanh
      let input = generator.tensor(layout == .nhwc ? [batch, 19, 17, 24] : [batch, 24, 19, 17])
      let plan = try ConvolutionLayer(operation, filters: generator.tensor([5, 5, 21, 24]), bias: generator.tensor([21]))
        .plan(inputShape: input.shape)
      let single = try plan.run(input, threads: 1).elements.map(\.bitPattern)
      for threads in [2, 3, 16] {
        #expect(try plan.run(input, threads: threads).elements.map(\.bitPattern) == single)
      }
    }
  }

  @Test func `An infinity and a NaN stay where the kernel carries them`() throws {
    var input = [Float](repeating: 1, count: 25)
    input[12] = .nan
    input[0] = .infinity
    let filters = Tensor(dimensions: [3, 3, 1, 1], elements: [Float](repeating: 1, count: 9))!
    let plan = try ConvolutionLayer(TransposedConvolution(), filters: filters, bias: nil)
      .plan(inputShape: Shape([1, 5, 5, 1], limits: TensorLimits()))
    let output = try plan.run(Tensor(dimensions: [1, 5, 5, 1], elements: input)!).elements
    for y in 0..<5 {
      for x in 0..<5 {
        let meetsNaN = (1...3).contains(y) && (1...3).contains(x)
        let meetsInfinity = y <= 1 && x <= 1
        #expect(output[y * 5 + x].isNaN == meetsNaN)
        #expect(output[y * 5 + x].isInfinite == (meetsInfinity && !meetsNaN))
      }
    }
  }

  @Test(arguments: [[1, 65_536], [65_536, 1]])
  func `A kernel far larger than its image costs only what it multiplies`(kernel: [Int]) throws {
    // Every output meets one tap. Walking all taps for each output would be 2^32 steps.
    let taps = (0..<65_536).map { Float($0) }
    var operation = TransposedConvolution()
    operation.padding = .valid
    let plan = try ConvolutionLayer(
      operation, filters: Tensor(dimensions: kernel + [1, 1], elements: taps)!, bias: nil
    ).plan(inputShape: Shape([1, 1, 1, 1], limits: TensorLimits()))
    #expect(plan.multiplyAdds == 65_536)
    #expect(try plan.run(Tensor(dimensions: [1, 1, 1, 1], elements: [2])!).elements == taps.map { 2 * $0 })
  }

  @Test func `A cancelled run gives nothing`() throws {
    let input = Tensor(dimensions: [1, 2, 2, 1], elements: [1, 2, 3, 4])!
    let plan = try ConvolutionLayer(
      TransposedConvolution(), filters: Tensor(dimensions: [1, 1, 1, 1], elements: [1])!, bias: nil
    ).plan(inputShape: input.shape)
    #expect(throws: ConvolutionRunError.cancelled) { try plan.run(input, isCancelled: { true }) }
  }

  @Test func `An input of another shape than planned is refused`() throws {
    let input = Tensor(dimensions: [1, 2, 2, 1], elements: [1, 2, 3, 4])!
    let plan = try ConvolutionLayer(
      TransposedConvolution(), filters: Tensor(dimensions: [1, 1, 1, 1], elements: [1])!, bias: nil
    ).plan(inputShape: input.shape)
    #expect(throws: ConvolutionRunError.wrongInput(planned: [1, 2, 2, 1], given: [1, 4, 1, 1])) {
      try plan.run(Tensor(dimensions: [1, 4, 1, 1], elements: [1, 2, 3, 4])!)
    }
  }
}

/// A comparison that cannot fail proves nothing.
@Suite struct ComparisonTests {
  @Test func `A wrong element is found`() {
    let expected = [Double](repeating: 1, count: 8), magnitudes = [Double](repeating: 3, count: 8)
    var got = [Float](repeating: 1, count: 8)
    #expect(Comparison.firstFault(got: got, expected: expected, magnitudes: magnitudes) == nil)
    got[5] = 1.000_01
    #expect(Comparison.firstFault(got: got, expected: expected, magnitudes: magnitudes) != nil)
    got[5] = .nan
    #expect(Comparison.firstFault(got: got, expected: expected, magnitudes: magnitudes) != nil)
    #expect(Comparison.firstFault(got: [1], expected: expected, magnitudes: magnitudes) != nil)
  }
}
