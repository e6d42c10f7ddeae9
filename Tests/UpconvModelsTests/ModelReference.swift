import Glibc
import UpconvConvolution
import UpconvTensor
import UpconvTestSupport

/// A layer of a random model, as its definition has it; the model under test reads the same from JSON.
enum RandomLayer {
  case convolution(Window, isTransposed: Bool)
  case dense(units: Int, activation: String)
  case normalization(epsilon: Double)
  case activation(String)
  /// With slopes of these lengths, 1 along shared axes.
  case prelu([Int])
  case relu(slope: Double, threshold: Double, largest: Double?)
  case pad(top: Int, bottom: Int, left: Int, right: Int)
  case crop(top: Int, bottom: Int, left: Int, right: Int)
  case upSampling(height: Int, width: Int, isBilinear: Bool)
  case rescaling(scale: Double, offset: Double)
  case reshape([Int])
  case flatten
  case dropout

  struct Window {
    var filters: Int
    var kernel: (height: Int, width: Int)
    var strides: (height: Int, width: Int)
    var dilations: (height: Int, width: Int)
    var isSame: Bool
    var outputPadding: (height: Int, width: Int)?
    var groups: Int
    var usesBias: Bool
    var activation: String
  }
}

/// Numbers with a bound on what rounding may have done to them: plain loops in double precision, a layer after the other.
///
/// A sum of products adds `4e-7 · Σ|x·w| + 1e-6`, as for single layers; what comes in with an error leaves with that
/// error times the weights. Shares no code with the product.
struct ModelReference {
  /// Batch first, channels last.
  private(set) var dimensions: [Int]
  private(set) var values: [Double]
  private(set) var bounds: [Double]

  init(_ input: Tensor) {
    dimensions = input.shape.dimensions
    values = input.elements.map(Double.init)
    bounds = [Double](repeating: 0, count: values.count)
  }

  mutating func apply(_ layer: RandomLayer, _ weights: [String: Tensor]) {
    switch layer {
    case .convolution(let window, let isTransposed):
      isTransposed ? transposed(window, weights) : forward(window, weights)
      activate(window.activation)
    case .dense(let units, let activation):
      dense(units, weights)
      activate(activation)
    case .normalization(let epsilon): normalize(epsilon, weights)
    case .activation(let name): activate(name)
    case .prelu(let lengths): rectify(lengths, weights)
    case .relu(let slope, let threshold, let largest):
      // The function jumps at the threshold: who stands within an error of it may be on either side.
      let jumps = values.indices.map { abs(values[$0] - threshold) <= bounds[$0] ? threshold : 0 }
      map(steepest: max(1, slope)) {
        $0 > threshold ? min($0, largest ?? .infinity) : slope * ($0 - threshold)
      }
      for index in jumps.indices { bounds[index] += jumps[index] }
    case .pad(let top, let bottom, let left, let right):
      resize(dimensions[1] + top + bottom, dimensions[2] + left + right) { y, x in (y - top, x - left) }
    case .crop(let top, let bottom, let left, let right):
      resize(dimensions[1] - top - bottom, dimensions[2] - left - right) { y, x in (y + top, x + left) }
    case .upSampling(let height, let width, false):
      resize(dimensions[1] * height, dimensions[2] * width) { y, x in (y / height, x / width) }
    case .upSampling(let height, let width, true): interpolate(height, width)
    case .rescaling(let scale, let offset):
      for index in values.indices {
        add(index, products: [(values[index], scale, bounds[index])], offset)
      }
    case .reshape(let target): dimensions = [dimensions[0]] + target
    case .flatten: dimensions = [dimensions[0], dimensions.dropFirst().reduce(1, *)]
    case .dropout: break
    }
  }

  /// Puts a sum of products in place of an element.
  private mutating func add(_ index: Int, products: [(x: Double, w: Double, bound: Double)], _ start: Double) {
    var (sum, magnitude, inherited) = (start, abs(start), 0.0)
    for (x, w, bound) in products {
      sum += x * w
      magnitude += abs(x * w)
      inherited += bound * abs(w)
    }
    values[index] = sum
    bounds[index] = inherited + Comparison.relativeBound * magnitude + Comparison.absoluteBound
  }

  private mutating func map(steepest slope: Double, _ function: (Double) -> Double) {
    for index in values.indices {
      values[index] = function(values[index])
      bounds[index] = bounds[index] * slope + Comparison.relativeBound * abs(values[index]) + Comparison.absoluteBound
    }
  }

  private mutating func rectify(_ lengths: [Int], _ weights: [String: Tensor]) {
    let slopes = weights["alpha"]!.elements
    for index in values.indices where values[index] < 0 {
      var (rest, place, step) = (index, 0, 1)
      for axis in dimensions.indices.dropFirst().reversed() {
        if lengths[axis - 1] > 1 { place += rest % dimensions[axis] * step }
        step *= lengths[axis - 1]
        rest /= dimensions[axis]
      }
      values[index] *= Double(slopes[place])
    }
    // No slope is above 1.
    map(steepest: 1) { $0 }
  }

  private mutating func activate(_ name: String) {
    // No slope of these is larger: GELU's and SiLU's are up to 1.13, SELU's up to 1.76.
    func apply(_ activation: Activation, steepest slope: Double = 1) {
      map(steepest: slope) { GatherReference.activate($0, activation) }
    }
    switch name {
    case "linear": break
    case "relu": apply(.relu)
    case "leaky_relu": apply(.leakyReLU(alpha: 0.2))
    case "relu6": map(steepest: 1) { min(6, max(0, $0)) }
    case "elu": apply(.elu(alpha: 1))
    case "selu": apply(.selu, steepest: 1.76)
    case "gelu": apply(.gelu, steepest: 1.13)
    case "silu": apply(.silu, steepest: 1.1)
    case "softplus": apply(.softplus)
    case "softsign": apply(.softsign)
    case "hard_sigmoid": map(steepest: 1) { min(1, max(0, $0 / 6 + 0.5)) }
    case "sigmoid": apply(.sigmoid)
    case "tanh": apply(.tanh)
    case "softmax": softmax()
    default: fatalError("no reference for \(name)")
    }
  }

  private mutating func softmax() {
    let length = dimensions.last!
    for first in stride(from: 0, to: values.count, by: length) {
      let row = first..<first + length
      let largest = values[row].max()!
      let sum = row.reduce(0) { $0 + exp(values[$1] - largest) }
      // Each share moves by at most twice the largest error.
      let bound = 2 * bounds[row].max()!
      for index in row {
        values[index] = exp(values[index] - largest) / sum
        bounds[index] = bound + Comparison.absoluteBound
      }
    }
  }

  // MARK: Images

  private func index(_ n: Int, _ y: Int, _ x: Int, _ channel: Int) -> Int {
    ((n * dimensions[1] + y) * dimensions[2] + x) * dimensions[3] + channel
  }

  /// Replaces the image by one whose pixels are those of other places, or zero outside.
  private mutating func resize(_ height: Int, _ width: Int, _ place: (Int, Int) -> (Int, Int)) {
    var next = self
    next.dimensions = [dimensions[0], height, width, dimensions[3]]
    next.values = [Double](repeating: 0, count: next.dimensions.reduce(1, *))
    next.bounds = next.values
    for n in 0..<dimensions[0] {
      for y in 0..<height {
        for x in 0..<width {
          let (row, column) = place(y, x)
          guard row >= 0, row < dimensions[1], column >= 0, column < dimensions[2] else { continue }
          for channel in 0..<dimensions[3] {
            next.values[next.index(n, y, x, channel)] = values[index(n, row, column, channel)]
            next.bounds[next.index(n, y, x, channel)] = bounds[index(n, row, column, channel)]
          }
        }
      }
    }
    self = next
  }

  private mutating func interpolate(_ height: Int, _ width: Int) {
    let old = self
    dimensions = [old.dimensions[0], old.dimensions[1] * height, old.dimensions[2] * width, old.dimensions[3]]
    values = [Double](repeating: 0, count: dimensions.reduce(1, *))
    bounds = values
    func shares(_ output: Int, _ factor: Int, _ length: Int) -> [(Int, Double)] {
      let place = (Double(output) + 0.5) / Double(factor) - 0.5
      let below = Int(floor(place))
      let share = place - floor(place)
      return [(min(max(below, 0), length - 1), 1 - share), (min(max(below + 1, 0), length - 1), share)]
    }
    for n in 0..<dimensions[0] {
      for y in 0..<dimensions[1] {
        for x in 0..<dimensions[2] {
          for channel in 0..<dimensions[3] {
            var products: [(Double, Double, Double)] = []
            for (row, vertical) in shares(y, height, old.dimensions[1]) {
              for (column, horizontal) in shares(x, width, old.dimensions[2]) {
                let source = old.index(n, row, column, channel)
                products.append((old.values[source], vertical * horizontal, old.bounds[source]))
              }
            }
            add(index(n, y, x, channel), products: products, 0)
          }
        }
      }
    }
  }

  private mutating func normalize(_ epsilon: Double, _ weights: [String: Tensor]) {
    let channels = dimensions.last!
    let (gamma, beta) = (weights["gamma"]!.elements, weights["beta"]!.elements)
    let (mean, variance) = (weights["moving_mean"]!.elements, weights["moving_variance"]!.elements)
    for index in values.indices {
      let channel = index % channels
      let scale = Double(gamma[channel]) / (Double(variance[channel]) + epsilon).squareRoot()
      let shift = Double(mean[channel]) * scale
      let x = values[index]
      add(index, products: [(x, scale, bounds[index])], Double(beta[channel]) - shift)
      // The two summands may be far larger than their sum.
      bounds[index] += Comparison.relativeBound * (abs(x * scale) + abs(shift) + abs(Double(beta[channel])))
    }
  }

  private mutating func dense(_ units: Int, _ weights: [String: Tensor]) {
    let old = self
    let inputs = old.dimensions.last!
    let kernel = weights["kernel"]!.elements
    let bias = weights["bias"]?.elements
    dimensions[dimensions.count - 1] = units
    values = [Double](repeating: 0, count: dimensions.reduce(1, *))
    bounds = values
    for index in values.indices {
      let (row, unit) = (index / units, index % units)
      add(
        index,
        products: (0..<inputs).map {
          (old.values[row * inputs + $0], Double(kernel[$0 * units + unit]), old.bounds[row * inputs + $0])
        }, Double(bias?[unit] ?? 0))
    }
  }

  /// Keras's `Conv2D`: an output gathers its window.
  private mutating func forward(_ window: RandomLayer.Window, _ weights: [String: Tensor]) {
    func axis(_ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> (output: Int, before: Int) {
      let extent = (kernel - 1) * dilation + 1
      guard window.isSame else { return ((input - extent) / stride + 1, 0) }
      let output = (input + stride - 1) / stride
      return (output, max(0, (output - 1) * stride + extent - input) / 2)
    }
    let rows = axis(dimensions[1], window.kernel.height, window.strides.height, window.dilations.height)
    let columns = axis(dimensions[2], window.kernel.width, window.strides.width, window.dilations.width)
    let perGroup = dimensions[3] / window.groups
    convolve(window, weights, rows.output, columns.output) { y, x, ky, kx in
      (
        y * window.strides.height + ky * window.dilations.height - rows.before,
        x * window.strides.width + kx * window.dilations.width - columns.before
      )
    } weight: { kernel, ky, kx, input, output in
      let place = (ky * window.kernel.width + kx) * perGroup + input % perGroup
      return kernel[place * window.filters + output]
    }
  }

  /// Keras's `Conv2DTranspose`: an output asks each tap for the input that scattered to it.
  private mutating func transposed(_ window: RandomLayer.Window, _ weights: [String: Tensor]) {
    func axis(
      _ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ added: Int?
    ) -> (output: Int, before: Int) {
      let extent = (kernel - 1) * dilation + 1
      let full = (input - 1) * stride + extent
      guard window.isSame else { return (added.map { full + $0 } ?? (input - 1) * stride + max(extent, stride), 0) }
      let output = added.map { (input - 1) * stride + extent % 2 + $0 } ?? input * stride
      return (output, max(0, full - output) / 2)
    }
    let rows = axis(
      dimensions[1], window.kernel.height, window.strides.height, window.dilations.height,
      window.outputPadding?.height)
    let columns = axis(
      dimensions[2], window.kernel.width, window.strides.width, window.dilations.width, window.outputPadding?.width)
    let channels = dimensions[3]
    convolve(window, weights, rows.output, columns.output) { y, x, ky, kx in
      let row = y + rows.before - ky * window.dilations.height
      let column = x + columns.before - kx * window.dilations.width
      guard row % window.strides.height == 0, column % window.strides.width == 0 else { return nil }
      return (row / window.strides.height, column / window.strides.width)
    } weight: { kernel, ky, kx, input, output in
      kernel[((ky * window.kernel.width + kx) * window.filters + output) * channels + input]
    }
  }

  private mutating func convolve(
    _ window: RandomLayer.Window, _ weights: [String: Tensor], _ height: Int, _ width: Int,
    source: (Int, Int, Int, Int) -> (Int, Int)?, weight: ([Float], Int, Int, Int, Int) -> Float
  ) {
    let old = self
    let kernel = weights["kernel"]!.elements
    let bias = weights["bias"]?.elements
    let perGroup = old.dimensions[3] / window.groups
    var next = self
    next.dimensions = [old.dimensions[0], height, width, window.filters]
    next.values = [Double](repeating: 0, count: next.dimensions.reduce(1, *))
    next.bounds = next.values
    for n in 0..<old.dimensions[0] {
      for y in 0..<height {
        for x in 0..<width {
          for output in 0..<window.filters {
            let group = output / (window.filters / window.groups)
            var products: [(Double, Double, Double)] = []
            for ky in 0..<window.kernel.height {
              for kx in 0..<window.kernel.width {
                guard let (row, column) = source(y, x, ky, kx), row >= 0, row < old.dimensions[1], column >= 0,
                  column < old.dimensions[2]
                else { continue }
                for input in group * perGroup..<(group + 1) * perGroup {
                  let place = old.index(n, row, column, input)
                  products.append(
                    (old.values[place], Double(weight(kernel, ky, kx, input, output)), old.bounds[place]))
                }
              }
            }
            next.add(next.index(n, y, x, output), products: products, Double(bias?[output] ?? 0))
          }
        }
      }
    }
    self = next
  }
}
