import UpconvConvolution
import UpconvTensor

/// A convolution that may still take in what stands before and after it.
struct ConvolutionDraft {
  let layer: String
  private(set) var operation: TransposedConvolution
  private(set) var filters: Tensor
  private(set) var bias: Tensor?
  /// Of a parametric ReLU after it.
  private(set) var slopes: Tensor?
  /// Whether it is a Dense layer: everything before the last axis is taken for pixels of a line.
  let isDense: Bool

  init(layer: String, operation: TransposedConvolution, filters: Tensor, bias: Tensor?) {
    self.layer = layer
    self.operation = operation
    self.filters = filters
    self.bias = bias
    isDense = false
  }

  /// A Dense layer.
  /// - Parameter filters: `[1, 1, outputs, inputs]`.
  init(layer: String, filters: Tensor, bias: Tensor?) {
    self.layer = layer
    operation = TransposedConvolution()
    self.filters = filters
    self.bias = bias
    isDense = true
  }

  private var kernel: Spatial { Spatial(height: filters.shape[0], width: filters.shape[1]) }
  private var outputs: Int { filters.shape[2] * operation.groups }

  /// - Throws: `.geometry`.
  func stage(_ limits: ModelLimits) throws(ModelError) -> any Stage {
    do throws(GeometryError) {
      return ConvolutionStage(
        layer: layer,
        planned: PlannedLayer(
          try ConvolutionLayer(operation, filters: filters, bias: bias, slopes: slopes),
          limits: limits.convolution),
        isDense: isDense)
    } catch { throw .geometry(layer: layer, error) }
  }

  /// The same with a function of each output after it; nil if one is there already.
  func followed(by activation: Activation) -> ConvolutionDraft? {
    guard operation.activation == .linear else { return nil }
    var draft = self
    draft.operation.activation = activation
    return draft
  }

  /// The same with a parametric ReLU after it; nil if its slopes differ along other axes than the channels'.
  func followed(by parametricReLU: ParametricReLUStage) -> ConvolutionDraft? {
    let rank = parametricReLU.slopes.shape.rank + 1
    let axis = isDense ? rank - 1 : operation.layout.axes.channels
    guard operation.activation == .linear, let slopes = parametricReLU.slopes(byChannelOn: axis) else { return nil }
    var draft = self
    draft.operation.activation = .parametricReLU
    draft.slopes = slopes
    return draft
  }

  /// The same with `x·scale + shift` of each output channel after it; nil if that is not the same.
  func followed(by affine: ChannelAffine) -> ConvolutionDraft? {
    let isOnChannels = isDense ? affine.isOnLastAxis : affine.axis == operation.layout.axes.channels
    guard operation.activation == .linear, affine.axis == nil || isOnChannels else { return nil }
    let (scale, shift) = affine.expanded(to: outputs)
    let outputsPerGroup = filters.shape[2]
    let inputs = filters.shape[3]
    let inputsPerGroup = inputs / operation.groups
    var weights = filters.elements
    for index in weights.indices {
      let output = index % inputs / inputsPerGroup * outputsPerGroup + index / inputs % outputsPerGroup
      weights[index] = Float(Double(weights[index]) * scale[output])
    }
    let old = bias?.elements
    let sums = (0..<outputs).map { Float(Double(old?[$0] ?? 0) * scale[$0] + shift[$0]) }
    return replaced(weights, sums)
  }

  /// The same with `x·scale + shift` of each input channel before it. Only for Dense layers: zeros around an image are
  /// not shifted.
  func preceded(by affine: ChannelAffine) -> ConvolutionDraft? {
    guard isDense, affine.axis == nil || affine.isOnLastAxis else { return nil }
    let inputs = filters.shape[3]
    let (scale, shift) = affine.expanded(to: inputs)
    var weights = filters.elements
    let old = bias?.elements
    var sums: [Float] = []
    for output in 0..<outputs {
      var sum = Double(old?[output] ?? 0)
      for input in 0..<inputs {
        let weight = Double(weights[output * inputs + input])
        sum += weight * shift[input]
        weights[output * inputs + input] = Float(weight * scale[input])
      }
      sums.append(Float(sum))
    }
    return replaced(weights, sums)
  }

  /// Nil if a product is too large for float32, which the layers one by one might not be.
  private func replaced(_ weights: [Float], _ sums: [Float]) -> ConvolutionDraft? {
    guard weights.allSatisfy(\.isFinite), sums.allSatisfy(\.isFinite) else { return nil }
    var draft = self
    draft.filters = Tensor.filled(dimensions: filters.shape.dimensions, elements: weights)
    draft.bias = Tensor.filled(dimensions: [outputs], elements: sums)
    return draft
  }

  /// The same without the outputs that a Cropping2D after it takes away.
  func followed(by border: BorderStage) -> ConvolutionDraft? {
    guard !isDense, !border.isPadding, border.layout == operation.layout else { return nil }
    let rows = axis(.height).cropped(before: border.edges.top, after: border.edges.bottom)
    let columns = axis(.width).cropped(before: border.edges.left, after: border.edges.right)
    return replaced(rows, columns)
  }

  /// The same for the image that a ZeroPadding2D before it makes larger; nil if the zeros reach farther than the
  /// kernel's crop.
  func preceded(by border: BorderStage) -> ConvolutionDraft? {
    guard !isDense, border.isPadding, border.layout == operation.layout,
      let rows = axis(.height).padded(before: border.edges.top, after: border.edges.bottom),
      let columns = axis(.width).padded(before: border.edges.left, after: border.edges.right)
    else { return nil }
    return replaced(rows, columns)
  }

  /// The same for the image that an UpSampling2D before it makes larger by repeating pixels; nil if that would not be
  /// cheaper.
  ///
  /// Repeating pixels is a transposed convolution with a kernel of ones; this one after it is one with a kernel that is
  /// larger by the factor less 1, which needs fewer products than the large image would.
  func preceded(by upSampling: UpSamplingStage) -> ConvolutionDraft? {
    let one = Spatial(height: 1, width: 1)
    let size = upSampling.size
    guard !isDense, !upSampling.isBilinear, upSampling.layout == operation.layout, operation.strides == one,
      operation.dilations == one, kernel.height > 1 || kernel.width > 1,
      kernel.height + size.height <= ConvolutionLayer.maxExtent, kernel.width + size.width <= ConvolutionLayer.maxExtent
    else { return nil }
    let larger = Spatial(height: kernel.height + size.height - 1, width: kernel.width + size.width - 1)
    guard larger.height * larger.width <= ConvolutionDraft.maxGrowth * kernel.height * kernel.width else { return nil }
    let pairs = filters.shape[2] * filters.shape[3]
    let weights = filters.elements
    var sums = [Double](repeating: 0, count: larger.height * larger.width * pairs)
    for y in 0..<kernel.height {
      for x in 0..<kernel.width {
        let source = (y * kernel.width + x) * pairs
        for row in y..<y + size.height {
          for column in x..<x + size.width {
            let target = (row * larger.width + column) * pairs
            for pair in 0..<pairs { sums[target + pair] += Double(weights[source + pair]) }
          }
        }
      }
    }
    let rounded = sums.map { Float($0) }
    guard rounded.allSatisfy(\.isFinite) else { return nil }
    var draft = self
    draft.filters = Tensor.filled(
      dimensions: [larger.height, larger.width, filters.shape[2], filters.shape[3]], elements: rounded)
    draft.operation.strides = size
    // The crop is the same, said in numbers.
    let (rows, columns) = (axis(.height), axis(.width))
    return draft.replaced(rows, columns)
  }

  /// Of a kernel's taps: 3×3 with a factor of 8 has 100.
  private static let maxGrowth = 12

  private func axis(_ axis: GeometryError.Axis) -> ExplicitAxis {
    ExplicitAxis(operation, axis, kernel: kernel)
  }

  private func replaced(_ rows: ExplicitAxis, _ columns: ExplicitAxis) -> ConvolutionDraft? {
    guard rows.isWithinBounds, columns.isWithinBounds else { return nil }
    var draft = self
    draft.operation.padding = .explicit(
      Padding.Edges(top: rows.before, bottom: rows.after, left: columns.before, right: columns.after))
    draft.operation.outputPadding = Spatial(height: rows.added, width: columns.added)
    return draft
  }
}
