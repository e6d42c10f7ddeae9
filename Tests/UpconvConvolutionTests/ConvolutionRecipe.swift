import UpconvConvolution
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

/// A specification in small whole numbers: to be drawn at random, compared with the definition, and made smaller
/// where it fails. Sizes and crops are worked out here, independently of the product.
struct ConvolutionRecipe: Equatable {
  enum PaddingKind: CaseIterable { case same, valid, explicit }

  var batch = 1
  var height = 1
  var width = 1
  var inputsPerGroup = 1
  var outputsPerGroup = 1
  var groups = 1
  var kernelHeight = 1
  var kernelWidth = 1
  var strideHeight = 1
  var strideWidth = 1
  var dilationHeight = 1
  var dilationWidth = 1
  var padding = PaddingKind.same
  /// Explicit crops at both ends are this many, cut to what leaves an output.
  var cropHeight = 0
  var cropWidth = 0
  /// Which of the sizes that are accepted, counted from the smallest, cut to the largest.
  var sizeHeight = Int.max
  var sizeWidth = Int.max
  /// Whether the size is asked for by output_shape (else by output_padding, or by the rule where that gives it).
  var asksForShape = true
  var hasBias = false
  var layout = Layout.nhwc
  var activation = Activation.linear
}

extension ConvolutionRecipe {
  init(_ generator: inout SeededGenerator) {
    batch = generator.pick([0, 1, 1, 1, 2, 3])
    height = Int.random(in: 1...7, using: &generator)
    width = Int.random(in: 1...13, using: &generator)
    inputsPerGroup = generator.pick([1, 2, 3, 5])
    outputsPerGroup = generator.pick([1, 2, 3, 7, 8, 9, 17])
    groups = generator.pick([1, 1, 1, 2, 3])
    kernelHeight = generator.pick([1, 2, 3, 4, 5, 7])
    kernelWidth = generator.pick([1, 2, 3, 4, 5, 9])
    strideHeight = generator.pick([1, 1, 2, 2, 3, 4, 7])
    strideWidth = generator.pick([1, 2, 2, 3, 5])
    dilationHeight = generator.pick([1, 1, 1, 2, 3])
    dilationWidth = generator.pick([1, 1, 2, 3, 4])
    padding = generator.pick(PaddingKind.allCases)
    cropHeight = Int.random(in: 0...9, using: &generator)
    cropWidth = Int.random(in: 0...9, using: &generator)
    sizeHeight = generator.pick([0, 1, 2, .max])
    sizeWidth = generator.pick([0, 1, 2, .max])
    asksForShape = Bool.random(using: &generator)
    hasBias = Bool.random(using: &generator)
    layout = generator.pick([.nhwc, .nchw])
    activation = generator.pick([.linear] + ConvolutionRecipe.activations)
  }

  /// Those that let errors grow little.
  private static let activations: [Activation] = [
    .linear, .relu, .leakyReLU(alpha: 0.3), .parametricReLU, .parametricReLU, .sigmoid, .tanh, .elu(alpha: 1),
    .softplus, .softsign, .hardSigmoid(slope: 0.25), .clippedReLU(slope: 0.25, threshold: 0, largest: 1),
  ]

  /// As many channels as Winograd's algorithm is made for, in numbers that leave its panels' last vectors half empty,
  /// through kernels that it takes.
  init(wide generator: inout SeededGenerator) {
    batch = generator.pick([1, 1, 2])
    height = Int.random(in: 1...6, using: &generator)
    width = Int.random(in: 1...8, using: &generator)
    inputsPerGroup = Int.random(in: 33...70, using: &generator)
    outputsPerGroup = Int.random(in: 16...50, using: &generator)
    groups = generator.pick([1, 1, 1, 2])
    let (kernel, stride) = generator.pick([(2, 1), (3, 1), (3, 2), (4, 2), (5, 2), (6, 2), (5, 3), (8, 3), (9, 3)])
    (kernelHeight, strideHeight) = generator.pick([(kernel, stride), (kernel, stride), (1, 1), (3, 1)])
    (kernelWidth, strideWidth) = (kernel, stride)
    padding = generator.pick(PaddingKind.allCases)
    cropHeight = Int.random(in: 0...3, using: &generator)
    cropWidth = Int.random(in: 0...3, using: &generator)
    sizeWidth = generator.pick([0, .max])
    hasBias = Bool.random(using: &generator)
    layout = generator.pick([.nhwc, .nchw])
    activation = generator.pick(ConvolutionRecipe.activations)
  }

  /// A layer whose outputs meet one tap each, in pairs as Strassen's products take them: kernel and stride are equal.
  init(oneTap generator: inout SeededGenerator) {
    batch = generator.pick([1, 1, 2, 3])
    height = Int.random(in: 1...5, using: &generator)
    width = Int.random(in: 1...9, using: &generator)
    inputsPerGroup = 2 * Int.random(in: 16...36, using: &generator)
    outputsPerGroup = generator.pick([1, 7, 16, 17, 33, 48, 50])
    groups = generator.pick([1, 1, 1, 2])
    kernelHeight = generator.pick([2, 2, 4])
    kernelWidth = generator.pick([1, 2, 2, 3])
    (strideHeight, strideWidth) = (kernelHeight, kernelWidth)
    padding = generator.pick([.same, .valid])
    (sizeHeight, sizeWidth) = padding == .same ? (.max, .max) : (0, 0)
    hasBias = Bool.random(using: &generator)
    layout = generator.pick([.nhwc, .nchw])
    activation = generator.pick(ConvolutionRecipe.activations)
  }

  /// One axis: size and crop, and what to add to the smallest size for it.
  private struct Axis {
    var output: Int
    var crop: (before: Int, after: Int)
    var added: Int
    var isDefault: Bool
  }

  private func axis(_ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ crop: Int, _ size: Int) -> Axis {
    let full = (input - 1) * stride + (kernel - 1) * dilation + 1
    switch padding {
    case .same:
      let output = (input - 1) * stride + 1 + min(size, stride - 1)
      return Axis(output: output, crop: (max(0, full - output) / 2, 0), added: 0, isDefault: size >= stride - 1)
    case .valid, .explicit:
      let edge = padding == .valid ? 0 : min(crop, (full - 1) / 2)
      // output_padding may go as far as the larger of stride and dilation, output_shape as far as the stride.
      let most = (asksForShape ? stride : max(stride, dilation)) - 1
      let added = min(size, most)
      return Axis(output: full - 2 * edge + added, crop: (edge, edge), added: added, isDefault: added == 0)
    }
  }

  /// The operation with numbers, and what its output must look like.
  func problem() -> ConvolutionProblem {
    let vertical = axis(height, kernelHeight, strideHeight, dilationHeight, cropHeight, sizeHeight)
    let horizontal = axis(width, kernelWidth, strideWidth, dilationWidth, cropWidth, sizeWidth)
    let output = Spatial(height: vertical.output, width: horizontal.output)
    var operation = TransposedConvolution()
    operation.strides = Spatial(height: strideHeight, width: strideWidth)
    operation.dilations = Spatial(height: dilationHeight, width: dilationWidth)
    operation.groups = groups
    operation.layout = layout
    operation.activation = activation
    switch padding {
    case .same: operation.padding = .same
    case .valid: operation.padding = .valid
    case .explicit:
      operation.padding = .explicit(
        Padding.Edges(
          top: vertical.crop.before, bottom: vertical.crop.after, left: horizontal.crop.before,
          right: horizontal.crop.after))
    }
    if asksForShape || (padding == .same && !(vertical.isDefault && horizontal.isDefault)) {
      operation.outputShape = RequestedOutputShape(
        batch: hasBias ? batch : nil, spatial: output, channels: hasBias ? outputsPerGroup * groups : nil)
    } else if padding != .same {
      operation.outputPadding = Spatial(height: vertical.added, width: horizontal.added)
    }

    var generator = SeededGenerator(seed: 1)
    let channels = inputsPerGroup * groups
    let images = ImageBatch(batch: batch, height: height, width: width, channels: channels)
    let input = generator.tensor(layout.dimensions(of: images))
    let filters = generator.tensor([kernelHeight, kernelWidth, outputsPerGroup, channels])
    let bias = hasBias ? generator.tensor([outputsPerGroup * groups]) : nil
    let slopes = activation == .parametricReLU ? generator.tensor([outputsPerGroup * groups]) : nil
    return ConvolutionProblem(
      operation: operation, input: input, filters: filters, bias: bias, slopes: slopes, outputSize: output,
      cropBefore: Spatial(height: vertical.crop.before, width: horizontal.crop.before))
  }

  /// What is wrong with the product's answer; nil where nothing is, or where the algorithm cannot compute it.
  func fault(_ algorithm: Algorithm? = nil, _ tiles: Tiles = .current) throws -> String? {
    let problem = problem()
    guard let plan = try problem.plan(algorithm, tiles) else { return nil }
    if let algorithm, plan.algorithm != algorithm { return "\(plan.algorithm) ran instead of \(algorithm)" }
    let reference = problem.reference
    let got = try plan.run(problem.input)
    guard got.shape.dimensions == reference.dimensions else {
      return "the shape is \(got.shape), expected \(Shape.text(reference.dimensions))"
    }
    return Comparison.firstFault(
      got: got.elements, expected: reference.outputs, magnitudes: reference.magnitudes)
  }

  /// The smallest recipe on the way to the plainest one for which `fails` still holds.
  func shrunk(while fails: (ConvolutionRecipe) throws -> Bool) rethrows -> ConvolutionRecipe {
    var smallest = self
    var isShrinking = true
    while isShrinking {
      isShrinking = false
      for candidate in smallest.smaller where try fails(candidate) {
        smallest = candidate
        isShrinking = true
        break
      }
    }
    return smallest
  }

  /// Recipes that differ in one number, which is the plain one's, or half or one step on the way to it.
  private var smaller: [ConvolutionRecipe] {
    let plain = ConvolutionRecipe()
    var candidates: [ConvolutionRecipe] = []
    func add(_ change: (inout ConvolutionRecipe) -> Void) {
      var candidate = self
      change(&candidate)
      if candidate != self { candidates.append(candidate) }
    }
    let numbers: [WritableKeyPath<ConvolutionRecipe, Int>] = [
      \.batch, \.height, \.width, \.inputsPerGroup, \.outputsPerGroup, \.groups, \.kernelHeight, \.kernelWidth,
      \.strideHeight, \.strideWidth, \.dilationHeight, \.dilationWidth, \.cropHeight, \.cropWidth,
    ]
    for number in numbers {
      add { $0[keyPath: number] = plain[keyPath: number] }
      add { $0[keyPath: number] = (self[keyPath: number] + plain[keyPath: number]) / 2 }
      add { $0[keyPath: number] -= (self[keyPath: number] - plain[keyPath: number]).signum() }
    }
    add { $0.padding = plain.padding }
    add { $0.sizeHeight = plain.sizeHeight }
    add { $0.sizeWidth = plain.sizeWidth }
    add { $0.asksForShape = plain.asksForShape }
    add { $0.hasBias = plain.hasBias }
    add { $0.layout = plain.layout }
    add { $0.activation = plain.activation }
    return candidates
  }
}
