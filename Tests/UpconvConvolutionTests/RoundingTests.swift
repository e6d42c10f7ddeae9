import Glibc
import Testing
import UpconvConvolution
import UpconvKernels
import UpconvTensor
import UpconvTestSupport

/// How far rounding goes, in layers as wide as real ones.
///
/// For Winograd's algorithm there is a proof. With u = 2^-24, let T be Σ over input channels of (largest |x| that a tile
/// reads) · (Σ|w| of the phase's taps). A tile of one axis multiplies magnitudes by at most A = 4 with three or four
/// points, 9 with five, 15 with six: the largest Σ over points of |output's factor| · Σ|input's factors| · largest
/// |filter's factor|. Two axes: A²·T bounds the sum of all magnitudes that meet in an output. Each number on the way is
/// rounded at most 8 times as inputs are transformed, 14 times as filters are, once for each product of its run and once
/// for each run, 14 times as outputs are transformed, once with the bias. With runs of 16 or 32 products, |error| is at
/// most ((1 + u)^(C / 16 + 32 + 38) - 1) · A² · T. Rounding errors do not conspire: what is seen stays below 4e-7 · T.
///
/// So there is for Strassen's products. Let P be Σ over input channels of (largest |x| of the pair of pixels and of
/// channels) · (largest |w| of the pair of kernel rows and of channels), half of which is Σ over pairs of channels. An
/// output is a sum of at most four products, of factors that are sums of 1 and 1, 3 and 3, 2 and 2, 1 and 4 numbers: all
/// magnitudes that meet in it are at most 18 · P / 2. Each is rounded at most 3 times as the left factor is made, 3 as the
/// right one is, once for each product of its run, once for each run of the four products after it, 4 · (C / 2 / 32 + 1) in
/// a block of channels, and a few times as products and blocks meet. |error| is at most ((1 + u)^(C / 8 + 60) - 1) · 9 · P;
/// what is seen stays below 4e-7 · P.
@Suite struct RoundingTests {
  enum Input: CaseIterable {
    /// N(0, 1)
    case normal
    /// 1 everywhere
    case constant
    /// N(0, 1) times 10^-3 to 10^3, another factor each column
    case uneven
    /// N(0, 1) times 10^-3 to 10^3, another factor each channel
    case unevenChannels
  }

  static let layers: [(inputs: Int, outputs: Int, kernel: Int, stride: Int)] = [
    (64, 32, 4, 2), (256, 32, 4, 2), (128, 24, 5, 2), (64, 16, 9, 3), (256, 16, 9, 3), (256, 32, 3, 1), (64, 64, 3, 1),
    (1024, 16, 4, 2), (256, 32, 2, 2), (512, 24, 2, 2), (1024, 16, 4, 4),
  ]

  private static func problem(_ layer: Int, _ kind: Input) -> ConvolutionProblem {
    let (inputs, outputs, kernel, stride) = layers[layer]
    let recipe = ConvolutionRecipe(
      height: 7, width: 8, inputsPerGroup: inputs, outputsPerGroup: outputs, kernelHeight: kernel,
      kernelWidth: kernel, strideHeight: stride, strideWidth: stride)
    var problem = recipe.problem()
    var generator = SeededGenerator(seed: UInt64(layer))
    /// Box and Muller (1958).
    func normal() -> Float {
      let (a, b) = (Double.random(in: 0x1p-53...1, using: &generator), Double.random(in: 0...1, using: &generator))
      return Float(sqrt(-2 * log(a)) * cos(2 * .pi * b))
    }
    func tensor(_ shape: [Int], _ number: (Int) -> Float) -> Tensor {
      Tensor(dimensions: shape, elements: (0..<shape.reduce(1, *)).map(number))!
    }
    problem.filters = tensor(problem.filters.shape.dimensions) { _ in normal() }
    problem.input = tensor(problem.input.shape.dimensions) { index in
      switch kind {
      case .normal: normal()
      case .constant: 1
      case .uneven: normal() * powf(10, Float((index / inputs) % 8 * 5 % 7) - 3)
      case .unevenChannels: normal() * powf(10, Float(index % inputs * 5 % 7) - 3)
      }
    }
    return problem
  }

  @Test(.optimizedOnly, arguments: layers.indices, Input.allCases)
  func `Rounding errors stay within their bounds`(layer: Int, kind: Input) throws {
    let problem = RoundingTests.problem(layer, kind)
    var generator = SeededGenerator(seed: 4)
    let elements = RoundingTests.outputElements(problem)
    let sample = (0..<1200).map { _ in Int.random(in: 0..<elements, using: &generator) }
      .map { (index: $0, scale: problem.scale(ofOutput: $0)) }
    let channels = Double(RoundingTests.layers[layer].inputs)
    for way in Way.all {
      guard let plan = try problem.plan(way.algorithm, way.tiles) else { continue }
      let got = try plan.run(problem.input).elements
      let errors = sample.map { abs(Double(got[$0.index]) - $0.scale.exact) }
      func isWithin(_ bound: (OutputScale) -> Double) -> Bool {
        zip(errors, sample).allSatisfy { $0 <= bound($1.scale) }
      }
      // As docs/semantics.md says it, for numbers around 1: beside channels a thousand times larger even plain sums leave
      // it. The errors of a tile are alike for its outputs, and so large beside the smallest only where inputs are uneven.
      let isOwn =
        switch way.algorithm {
        case .winograd, .strassen: kind != .uneven && kind != .unevenChannels
        default: kind != .unevenChannels
        }
      if isOwn { #expect(isWithin { Comparison.relativeBound * $0.own + Comparison.absoluteBound }, "\(way)") }
      if way.algorithm == .strassen {
        #expect(isWithin { Comparison.relativeBound * $0.pair + Comparison.absoluteBound }, "\(way)")
        let growth = pow(1 + 0x1p-24, channels / 8 + 60) - 1
        #expect(isWithin { growth * 9 * $0.pair }, "\(way): the proof is wrong")
        continue
      }
      #expect(isWithin { Comparison.relativeBound * $0.tile + Comparison.absoluteBound }, "\(way)")
      if way.algorithm == .winograd {
        let growth = pow(1 + 0x1p-24, channels / 16 + 70) - 1
        #expect(isWithin { growth * 225 * $0.tile }, "\(way): the proof is wrong")
      }
    }
  }

  private static func outputElements(_ problem: ConvolutionProblem) -> Int {
    problem.outputSize.height * problem.outputSize.width * problem.filters.shape[2]
  }

  @Test func `An output that no input reaches holds the bias, up to its tile's rounding`() throws {
    // The last outputs are added by output_padding; their tiles hold full sums beside them.
    let recipe = ConvolutionRecipe(
      height: 6, width: 7, inputsPerGroup: 64, outputsPerGroup: 32, kernelHeight: 4, kernelWidth: 4, strideHeight: 3,
      strideWidth: 3, padding: .valid, sizeHeight: .max, sizeWidth: .max, hasBias: true)
    let problem = recipe.problem()
    let reference = problem.reference
    for way in Way.all {
      guard let plan = try problem.plan(way.algorithm, way.tiles) else { continue }
      let got = try plan.run(problem.input)
      #expect(problem.firstFault(got.elements, by: way.algorithm, reference) == nil, "\(way)")
    }
  }
}
