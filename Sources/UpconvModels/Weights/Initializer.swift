import UpconvConvolution
import UpconvJSON
import UpconvTensor

/// How a weight is made where no file has it. What it says is looked at only then: a trained model may have any.
struct Initializer: Sendable {
  private let layer: String
  private let key: String
  /// As Keras writes it, a class or its short name.
  private let name: String
  private let options: JSONValue
  /// Of the transposed convolution whose kernel it makes.
  private let strides: Spatial?

  /// - Parameter standard: Keras's default for this key, by its short name.
  init(
    _ config: inout LayerConfiguration, _ key: String, default standard: String, strides: Spatial? = nil
  ) throws(ModelError) {
    self.init(layer: config.layer, key: key, config.value(key) ?? .string(standard), strides)
  }

  private init(layer: String, key: String, _ value: JSONValue, _ strides: Spatial?) {
    self.layer = layer
    self.key = key
    self.strides = strides
    name = value.string ?? value["class_name"]?.string ?? ""
    options = value["config"] ?? .object([])
  }

  /// The seed that it names itself: a number, or Keras's SeedGenerator that has one.
  var seed: UInt64? {
    let seed = options["seed"]
    return (seed?.integer ?? seed?["config"]?["seed"]?.integer).map { UInt64(bitPattern: Int64($0)) }
  }

  /// The seed that the numbers are drawn from; nil if none is random.
  /// - Parameter standard: the seed that is used if it names none itself.
  func drawnSeed(default standard: UInt64) -> UInt64? {
    switch plainName {
    case "zeros", "zero", "ones", "one", "constant", "bilinear": nil
    case "icnr": inner.drawnSeed(default: standard).map { seed ?? $0 }
    default: seed ?? standard
    }
  }

  /// The initialiser of the small kernel that `icnr` repeats.
  private var inner: Initializer {
    Initializer(layer: layer, key: key, options["initializer"] ?? .string("glorot_uniform"), nil)
  }

  /// Makes a weight.
  /// - Parameter seed: where it names none itself.
  /// - Throws: `.unknownInitializer`.
  func tensor(_ shape: Shape, seed: UInt64) throws(ModelError) -> Tensor {
    let dimensions = shape.dimensions
    switch plainName {
    case "bilinear":
      let kernel = try transposedKernel(dimensions)
      guard dimensions[2] == dimensions[3] else {
        throw refused("needs as many output channels as input channels")
      }
      return kernel.bilinear()
    case "icnr":
      let kernel = try transposedKernel(dimensions)
      let inner = inner
      var generator = SplitMix64(seed: self.seed ?? inner.seed ?? seed)
      let fill = try inner.distribution(kernel.smallDimensions)
      return kernel.icnr { Float(fill.next(&generator)) }
    default:
      let fill = try distribution(dimensions)
      var generator = SplitMix64(seed: self.seed ?? seed)
      return Tensor.filled(shape: shape) { elements in
        for index in elements.indices { elements[index] = Float(fill.next(&generator)) }
      }
    }
  }

  private func transposedKernel(_ dimensions: [Int]) throws(ModelError) -> UpsamplingKernel {
    guard let strides, dimensions.count == 4 else { throw refused("is only for the kernel of a Conv2DTranspose") }
    return UpsamplingKernel(dimensions: dimensions, strides: strides)
  }

  /// `GlorotUniform` and `glorot_uniform` are one.
  private var plainName: String { name.lowercased().filter { $0 != "_" } }

  private func distribution(_ dimensions: [Int]) throws(ModelError) -> Distribution {
    for key in ["input_axes", "output_axes"] where !(options[key]?.isNull ?? true) {
      throw refused("\(key) is not supported")
    }
    switch plainName {
    case "zeros", "zero": return .constant(0)
    case "ones", "one": return .constant(1)
    case "constant": return .constant(try number("value", default: 0))
    case "randomuniform": return .uniform(try number("minval", default: -0.05), try number("maxval", default: 0.05))
    case "randomnormal":
      return .normal(mean: try number("mean", default: 0), deviation: try number("stddev", default: 0.05))
    case "truncatednormal":
      return .truncatedNormal(mean: try number("mean", default: 0), deviation: try number("stddev", default: 0.05))
    case "glorotuniform": return .scaled(1, by: .average, .uniform, dimensions)
    case "glorotnormal": return .scaled(1, by: .average, .truncatedNormal, dimensions)
    case "heuniform": return .scaled(2, by: .inputs, .uniform, dimensions)
    case "henormal": return .scaled(2, by: .inputs, .truncatedNormal, dimensions)
    case "lecununiform": return .scaled(1, by: .inputs, .uniform, dimensions)
    case "lecunnormal": return .scaled(1, by: .inputs, .truncatedNormal, dimensions)
    case "variancescaling":
      let mode = options["mode"]?.string ?? "fan_in"
      let form = options["distribution"]?.string ?? "truncated_normal"
      guard let fan = Distribution.Fan(rawValue: mode), let form = Distribution.Form(rawValue: form.lowercased()) else {
        throw refused("its mode \(quoted(mode)) or distribution \(quoted(form)) is not known")
      }
      return .scaled(try number("scale", default: 1), by: fan, form, dimensions)
    default:
      throw refused("the known ones are " + Initializer.names.joined(separator: ", "))
    }
  }

  /// By their short names.
  static let names = [
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "zeros", "ones",
    "constant", "random_uniform", "random_normal", "truncated_normal", "variance_scaling", "bilinear", "icnr",
  ]

  private func number(_ key: String, default standard: Double) throws(ModelError) -> Double {
    guard let value = options[key], !value.isNull else { return standard }
    guard case .number(let number) = value, Float(number.double).isFinite else {
      throw refused("its \(key) must be a number")
    }
    return number.double
  }

  private func refused(_ rule: String) -> ModelError {
    .unknownInitializer(layer: layer, key: key, value: quoted(name), rule: rule)
  }
}
