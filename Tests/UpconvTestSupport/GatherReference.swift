import Glibc
package import UpconvConvolution
package import UpconvTensor

/// A transposed convolution by its definition, in double precision: for each output element, ask every tap
/// whether an input pixel scattered to it. Slow and plain on purpose; shares no code with the product.
///
/// Source of the formula: for an axis, tap t of input i lands on output `i·stride + t·dilation - cropBefore`.
package struct GatherReference {
  /// The sums before the activation, and after it.
  package let outputs: [Double]
  /// Σ|x·w| + |bias| of each element: what an error bound scales with.
  package let magnitudes: [Double]
  package let dimensions: [Int]

  /// - Parameters:
  ///   - outputSize, cropBefore: taken from the caller, so that sizes and crops are checked separately.
  package init(
    operation: TransposedConvolution, input: Tensor, filters: Tensor, bias: Tensor?, slopes: Tensor? = nil,
    outputSize: Spatial, cropBefore: Spatial
  ) {
    let isNHWC = operation.layout == .nhwc
    let x = input.elements
    let w = filters.elements
    let b = bias?.elements
    let shape = input.shape.dimensions
    let (batch, height, width, channels) =
      isNHWC ? (shape[0], shape[1], shape[2], shape[3]) : (shape[0], shape[2], shape[3], shape[1])
    let (kh, kw, outPerGroup) = (filters.shape[0], filters.shape[1], filters.shape[2])
    let outChannels = outPerGroup * operation.groups
    let inPerGroup = channels / operation.groups
    let (oh, ow) = (outputSize.height, outputSize.width)
    dimensions = isNHWC ? [batch, oh, ow, outChannels] : [batch, outChannels, oh, ow]
    var outputs = [Double](repeating: 0, count: batch * oh * ow * outChannels)
    var magnitudes = outputs
    for n in 0..<batch {
      for oy in 0..<oh {
        for ox in 0..<ow {
          for co in 0..<outChannels {
            let group = co / outPerGroup
            var sum = Double(b?[co] ?? 0)
            var magnitude = abs(sum)
            for ky in 0..<kh {
              let ay = oy + cropBefore.height - ky * operation.dilations.height
              guard ay % operation.strides.height == 0 else { continue }
              let iy = ay / operation.strides.height
              guard iy >= 0, iy < height else { continue }
              for kx in 0..<kw {
                let ax = ox + cropBefore.width - kx * operation.dilations.width
                guard ax % operation.strides.width == 0 else { continue }
                let ix = ax / operation.strides.width
                guard ix >= 0, ix < width else { continue }
                let xStart =
                  isNHWC ? ((n * height + iy) * width + ix) * channels : (n * channels * height + iy) * width + ix
                let xStep = isNHWC ? 1 : height * width
                let wStart = ((ky * kw + kx) * outPerGroup + co % outPerGroup) * channels
                for ci in group * inPerGroup..<(group + 1) * inPerGroup {
                  let product = Double(x[xStart + ci * xStep]) * Double(w[wStart + ci])
                  sum += product
                  magnitude += abs(product)
                }
              }
            }
            let index =
              isNHWC ? ((n * oh + oy) * ow + ox) * outChannels + co : ((n * outChannels + co) * oh + oy) * ow + ox
            outputs[index] =
              slopes.map { sum < 0 ? sum * Double($0.elements[co]) : sum }
              ?? GatherReference.activate(sum, operation.activation)
            magnitudes[index] = magnitude
          }
        }
      }
    }
    self.outputs = outputs
    self.magnitudes = magnitudes
  }

  package static func activate(_ x: Double, _ activation: Activation) -> Double {
    switch activation {
    case .linear: x
    case .relu: max(x, 0)
    case .leakyReLU(let alpha): x < 0 ? Double(alpha) * x : x
    case .sigmoid: 1 / (1 + exp(-x))
    case .tanh: Glibc.tanh(x)
    case .clippedReLU(let slope, let threshold, let largest):
      x > Double(threshold)
        ? min(x, Double(largest)) : slope == 0 && !x.isNaN ? 0 : Double(slope) * (x - Double(threshold))
    case .elu(let alpha): x > 0 ? x : Double(alpha) * (exp(x) - 1)
    case .selu: 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (exp(x) - 1))
    case .parametricReLU: fatalError("needs its channel's slope")
    case .gelu where x.isInfinite, .approximateGELU where x.isInfinite, .silu where x.isInfinite:
      // The limit, where the product would be that of infinity and zero.
      x < 0 ? -0.0 : x
    case .softsign where x.isInfinite: x < 0 ? -1 : 1
    case .gelu: x * (1 + erf(x / 2.squareRoot())) / 2
    case .approximateGELU: x * (1 + Glibc.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2
    case .silu: x / (1 + exp(-x))
    case .softplus: max(x, 0) + log(1 + exp(-abs(x)))
    case .softsign: x / (1 + abs(x))
    case .exponential: exp(x)
    case .hardSigmoid(let slope): min(1, max(0, Double(slope) * x + 0.5))
    }
  }
}
