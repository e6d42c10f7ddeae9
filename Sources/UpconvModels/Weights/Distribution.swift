/// Where the numbers of a weight come from. Each is rounded to float32.
enum Distribution {
  case constant(Double)
  case uniform(Double, Double)
  case normal(mean: Double, deviation: Double)
  /// Numbers more than two deviations from the mean are drawn again.
  case truncatedNormal(mean: Double, deviation: Double)

  /// What Keras's variance scaling divides by.
  enum Fan: String {
    case inputs = "fan_in"
    case outputs = "fan_out"
    case average = "fan_avg"
  }

  enum Form: String {
    case uniform
    case truncatedNormal = "truncated_normal"
    case normal = "untruncated_normal"
  }

  /// Numbers of the variance `scale / fan`.
  ///
  /// Keras takes the axis before the last for inputs and the last for outputs, times the kernel's field, whatever the
  /// layer: for a Conv2DTranspose, whose kernel is `[height, width, outputs, inputs]`, the two are exchanged.
  /// - Source: Glorot, Bengio 2010; He et al. 2015; `compute_fans` and `VarianceScaling` of Keras.
  static func scaled(_ scale: Double, by fan: Fan, _ form: Form, _ dimensions: [Int]) -> Distribution {
    let field = dimensions.dropLast(2).reduce(1.0) { $0 * Double($1) }
    let last = Double(dimensions.last ?? 1)
    let fanIn = dimensions.count > 1 ? field * Double(dimensions[dimensions.count - 2]) : last
    let fanOut = field * last
    let count =
      switch fan {
      case .inputs: fanIn
      case .outputs: fanOut
      case .average: (fanIn + fanOut) / 2
      }
    let variance = scale / max(1, count)
    switch form {
    case .uniform:
      let limit = (3 * variance).squareRoot()
      return .uniform(-limit, limit)
    case .normal:
      return .normal(mean: 0, deviation: variance.squareRoot())
    case .truncatedNormal:
      // What is left of a normal distribution cut at two deviations has this deviation.
      return .truncatedNormal(mean: 0, deviation: variance.squareRoot() / 0.87962566103423978)
    }
  }

  func next(_ generator: inout SplitMix64) -> Double {
    switch self {
    case .constant(let value): return value
    case .uniform(let low, let high): return low + (high - low) * generator.uniform()
    case .normal(let mean, let deviation): return mean + deviation * generator.normal()
    case .truncatedNormal(let mean, let deviation):
      while true {
        let number = generator.normal()
        if abs(number) <= 2 { return mean + deviation * number }
      }
    }
  }
}
