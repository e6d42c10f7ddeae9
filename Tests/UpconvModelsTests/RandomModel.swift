import UpconvTensor
import UpconvTestSupport

/// A small chain of layers drawn from a seed: as a definition, as Keras's JSON, and with weights.
struct RandomModel {
  private(set) var layers: [RandomLayer] = []
  private(set) var weights: [[String: Tensor]] = []
  private(set) var input: Tensor
  private var configurations: [String] = []
  private var generator: SeededGenerator

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    let batch = generator.pick([1, 1, 2, 3])
    let isImage = generator.pick([true, true, true, false])
    var dimensions =
      isImage
      ? [batch, generator.next(1...7), generator.next(1...7), generator.next(1...6)]
      : [batch, generator.pick([4, 6, 12, 24])]
    input = generator.tensor(dimensions)
    for _ in 0..<size(1...5) { append(to: &dimensions) }
  }

  private enum Kind {
    case transposed, convolution, dense, normalization, activation, relu, prelu, pad, crop, upSampling, rescaling,
      reshape,
      flatten, dropout
  }

  /// Draws a layer that can follow, and the lengths that it gives.
  private mutating func append(to dimensions: inout [Int]) {
    let images: [Kind] = [
      .transposed, .transposed, .convolution, .convolution, .normalization, .activation, .relu, .prelu, .pad,
      .crop, .upSampling, .upSampling, .rescaling, .flatten, .dense, .dropout,
    ]
    let vectors: [Kind] = [
      .dense, .normalization, .activation, .relu, .prelu, .rescaling, .reshape, .reshape, .dropout,
    ]
    let isSmall = dimensions.dropFirst().reduce(1, *) <= 400
    switch generator.pick(dimensions.count == 4 ? images : vectors) {
    case .transposed where isSmall: appendConvolution(isTransposed: true, &dimensions)
    case .convolution: appendConvolution(isTransposed: false, &dimensions)
    case .upSampling where isSmall:
      let (height, width) = (size(1...3), size(1...3))
      let isBilinear = generator.pick([false, false, true])
      append(
        .upSampling(height: height, width: width, isBilinear: isBilinear), "UpSampling2D",
        "\"size\":[\(height),\(width)],\"interpolation\":\"\(isBilinear ? "bilinear" : "nearest")\"")
      dimensions[1] *= height
      dimensions[2] *= width
    case .pad where isSmall:
      let (top, bottom, left, right) = (size(0...2), size(0...2), size(0...2), size(0...2))
      append(
        .pad(top: top, bottom: bottom, left: left, right: right), "ZeroPadding2D",
        "\"padding\":[[\(top),\(bottom)],[\(left),\(right)]]")
      dimensions[1] += top + bottom
      dimensions[2] += left + right
    case .crop where dimensions[1] > 3 && dimensions[2] > 3:
      let (top, bottom, left, right) = (size(0...1), size(0...1), size(0...2), size(0...1))
      append(
        .crop(top: top, bottom: bottom, left: left, right: right), "Cropping2D",
        "\"cropping\":[[\(top),\(bottom)],[\(left),\(right)]]")
      dimensions[1] -= top + bottom
      dimensions[2] -= left + right
    case .dense:
      let (units, usesBias, activation) = (size(1...8), generator.pick([true, false]), drawActivation())
      append(
        .dense(units: units, activation: activation), "Dense",
        "\"units\":\(units),\"use_bias\":\(usesBias),\"activation\":\"\(activation)\"",
        ["kernel": kernel([dimensions.last!, units])].merging(usesBias ? ["bias": bias(units)] : [:]) { $1 })
      dimensions[dimensions.count - 1] = units
    case .normalization:
      let channels = dimensions.last!
      let variance = generator.tensor([channels]).elements.map { abs($0) + 0.3 }
      append(
        .normalization(epsilon: 0.001), "BatchNormalization", "\"axis\":-1,\"epsilon\":0.001",
        [
          "gamma": bias(channels), "beta": bias(channels), "moving_mean": bias(channels),
          "moving_variance": Tensor(dimensions: [channels], elements: variance)!,
        ])
    case .relu:
      let slope = generator.pick([0, 0, 0.25])
      let threshold = generator.pick([0, 0, 0.5])
      let largest = generator.pick([nil, nil, 0.75, 6])
      append(
        .relu(slope: slope, threshold: threshold, largest: largest), "ReLU",
        "\"negative_slope\":\(slope),\"threshold\":\(threshold),\"max_value\":"
          + (largest.map { "\($0)" } ?? "null"))
    case .prelu:
      // By channel, as a convolution can take it in, or along any other axes.
      let shared =
        dimensions.count == 2
        ? generator.pick([[], [], [1]])
        : generator.pick([[1, 2], [1, 2], [1, 2], [1], [2], [3], [2, 3], [1, 2, 3], []])
      let lengths = dimensions.indices.dropFirst().map { shared.contains($0) ? 1 : dimensions[$0] }
      append(.prelu(lengths), "PReLU", "\"shared_axes\":\(shared)", ["alpha": generator.tensor(lengths)])
    case .rescaling:
      let (scale, offset) = (generator.pick([0.5, 2, -1.5]), generator.pick([0, 0.25, -1]))
      append(
        .rescaling(scale: scale, offset: offset), "Rescaling", "\"scale\":\(scale),\"offset\":\(offset)")
    case .reshape where dimensions.count == 2 && dimensions[1] % 2 == 0:
      let target = generator.pick([[1, 2, dimensions[1] / 2], [2, 1, dimensions[1] / 2], [dimensions[1] / 2, 1, 2]])
      let text = target.map { "\($0)" }
      append(.reshape(target), "Reshape", "\"target_shape\":[\(text[0]),\(generator.pick(["-1", text[1]])),\(text[2])]")
      dimensions = [dimensions[0]] + target
    case .flatten:
      append(.flatten, "Flatten", "\"data_format\":\"channels_last\"")
      dimensions = [dimensions[0], dimensions.dropFirst().reduce(1, *)]
    case .dropout:
      append(.dropout, "Dropout", "\"rate\":0.5")
    default:
      let activation = drawActivation()
      append(.activation(activation), "Activation", "\"activation\":\"\(activation)\"")
    }
  }

  private mutating func appendConvolution(isTransposed: Bool, _ dimensions: inout [Int]) {
    let groups = !isTransposed && dimensions[3] % 2 == 0 ? generator.pick([1, 2]) : 1
    var strides = (height: size(1...3), width: size(1...3))
    var dilations = (height: 1, width: 1)
    if generator.pick([true, false, false]) {
      (strides, dilations) = ((1, 1), (size(1...2), size(1...3)))
    }
    var window = RandomLayer.Window(
      filters: size(1...3) * groups, kernel: (size(1...5), size(1...5)), strides: strides, dilations: dilations,
      isSame: generator.pick([true, false]), outputPadding: nil, groups: groups,
      usesBias: generator.pick([true, false]),
      activation: drawActivation())
    if !isTransposed, !window.isSame {
      // The window must fit.
      if (window.kernel.height - 1) * dilations.height >= dimensions[1] { window.kernel.height = 1 }
      if (window.kernel.width - 1) * dilations.width >= dimensions[2] { window.kernel.width = 1 }
    }
    if isTransposed, generator.pick([true, false]) {
      var added = (height: size(0...strides.height - 1), width: size(0...strides.width - 1))
      // An even kernel gives nothing for one pixel without it.
      if window.isSame, dimensions[1] == 1 { added.height = max(added.height, strides.height - 1) }
      if window.isSame, dimensions[2] == 1 { added.width = max(added.width, strides.width - 1) }
      let isPossible = strides.height > 1 && strides.width > 1
      if isPossible { window.outputPadding = added }
    }
    let shape = [window.kernel.height, window.kernel.width]
    let tensors = [
      "kernel": kernel(
        shape + (isTransposed ? [window.filters, dimensions[3]] : [dimensions[3] / groups, window.filters]))
    ].merging(window.usesBias ? ["bias": bias(window.filters)] : [:]) { $1 }
    var text =
      "\"filters\":\(window.filters),\"kernel_size\":\(shape),\"strides\":[\(strides.height),\(strides.width)],"
      + "\"dilation_rate\":[\(dilations.height),\(dilations.width)],\"use_bias\":\(window.usesBias),"
      + "\"padding\":\"\(window.isSame ? "same" : "valid")\",\"activation\":\"\(window.activation)\""
    if !isTransposed { text += ",\"groups\":\(groups)" }
    if let added = window.outputPadding { text += ",\"output_padding\":[\(added.height),\(added.width)]" }
    append(
      .convolution(window, isTransposed: isTransposed), isTransposed ? "Conv2DTranspose" : "Conv2D", text, tensors)
    // Sizes are the reference's to say.
    var reference = ModelReference(
      Tensor(dimensions: dimensions, elements: .init(repeating: 0, count: dimensions.reduce(1, *)))!)
    reference.apply(layers.last!, tensors)
    dimensions = reference.dimensions
  }

  private mutating func append(
    _ layer: RandomLayer, _ className: String, _ options: String, _ tensors: [String: Tensor] = [:]
  ) {
    configurations.append(
      "{\"class_name\":\"\(className)\",\"config\":{\"name\":\"l\(layers.count)\",\(options)}}")
    layers.append(layer)
    weights.append(tensors)
  }

  private mutating func size(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  private mutating func drawActivation() -> String {
    generator.pick([
      "linear", "linear", "linear", "relu", "leaky_relu", "relu6", "elu", "selu", "gelu", "silu", "softplus",
      "softsign",
      "hard_sigmoid", "sigmoid", "tanh", "softmax",
    ])
  }

  private mutating func kernel(_ dimensions: [Int]) -> Tensor { generator.tensor(dimensions) }
  private mutating func bias(_ count: Int) -> Tensor { generator.tensor([count]) }

  /// Keras's document of the whole.
  var document: String {
    let shape = input.shape.dimensions.dropFirst().map(String.init).joined(separator: ",")
    let first =
      "{\"class_name\":\"InputLayer\",\"config\":{\"batch_shape\":[null,\(shape)],\"dtype\":\"float32\",\"name\":\"x\"}}"
    return "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"random\",\"layers\":["
      + ([first] + configurations).joined(separator: ",") + "]}}"
  }

  var weightsFile: [UInt8] {
    Safetensors.file(
      weights.enumerated().flatMap { index, tensors in
        tensors.sorted { $0.key < $1.key }.map { ("l\(index)/\($0.key)", $0.value) }
      })
  }
}

extension SeededGenerator {
  fileprivate mutating func next(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}
