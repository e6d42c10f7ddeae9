import UpconvConvolution
import UpconvJSON
import UpconvTensor

/// How a weight is made where no file has it. What it says is looked at only then: a trained model may have any.
struct Initializer: Sendable {
  let layer: String
  let key: String
  private let className: String
  private let options: JSONValue

  /// - Parameter standard: Keras's default for this key, by its short name.
  init(_ config: inout LayerConfiguration, _ key: String, default standard: String) throws(ModelError) {
    layer = config.layer
    self.key = key
    let value = config.value(key) ?? .string(standard)
    if let name = value.string {
      className = name
      options = .object([])
    } else {
      className = value["class_name"]?.string ?? ""
      options = value["config"] ?? .object([])
    }
  }

  private init(layer: String, key: String, className: String, options: JSONValue) {
    self.layer = layer
    self.key = key
    self.className = className
    self.options = options
  }

  /// The seed that it names itself.
  var seed: UInt64? { options["seed"]?.integer.map { UInt64(bitPattern: Int64($0)) } }

  /// Makes a weight.
  /// - Parameters:
  ///   - seed: for initialisers that name none.
  /// - Throws: `.unknownInitializer`.
  func tensor(_ shape: Shape, seed: UInt64) throws(ModelError) -> Tensor {
    let fill = try distribution(shape.dimensions)
    var generator = SplitMix64(seed: self.seed ?? seed)
    return Tensor.filled(shape: shape) { elements in
      for index in elements.indices { elements[index] = Float(fill.next(&generator)) }
    }
  }

  private func distribution(_ dimensions: [Int]) throws(ModelError) -> Distribution {
    // Keras takes the last two axes for inputs and outputs, whatever the layer.
    let field = Double(dimensions.dropLast(2).reduce(1, *))
    let fanIn = field * Double(dimensions.count > 1 ? dimensions[dimensions.count - 2] : dimensions.first ?? 1)
    let fanOut = field * Double(dimensions.last ?? 1)
    switch className {
    case "GlorotUniform", "glorot_uniform": return .uniform((6 / (fanIn + fanOut)).squareRoot())
    case "Zeros", "zeros": return .constant(0)
    case "Ones", "ones": return .constant(1)
    default:
      throw .unknownInitializer(layer: layer, key: key, value: quoted(className), rule: "is not known")
    }
  }
}

/// Where the numbers of a weight come from.
enum Distribution {
  case constant(Double)
  case uniform(Double)

  func next(_ generator: inout SplitMix64) -> Double {
    switch self {
    case .constant(let value): value
    case .uniform(let limit): (2 * generator.uniform() - 1) * limit
    }
  }
}
