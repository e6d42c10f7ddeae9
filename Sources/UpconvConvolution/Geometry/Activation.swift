import Glibc

/// What is applied to each output element as it is stored.
package enum Activation: Sendable, Hashable {
  case linear
  case relu
  /// `x` where `x >= 0`, else `alpha * x`.
  case leakyReLU(alpha: Float)
  case sigmoid
  case tanh

  /// TensorFlow's default slope (`tf.nn.leaky_relu`).
  package static let defaultAlpha: Float = 0.2

  /// The names a request may use.
  package static let names = ["linear", "relu", "leaky_relu", "sigmoid", "tanh"]

  @inline(__always)
  func callAsFunction(_ x: Float) -> Float {
    switch self {
    case .linear: x
    // Written so that a NaN stays a NaN.
    case .relu: x < 0 ? 0 : x
    case .leakyReLU(let alpha): x < 0 ? alpha * x : x
    case .sigmoid: 1 / (1 + expf(-x))
    case .tanh: tanhf(x)
    }
  }
}

extension Activation {
  /// Whether the tiles apply it as they store.
  var isFusedIntoStore: Bool {
    switch self {
    case .linear, .relu, .leakyReLU: true
    case .sigmoid, .tanh: false
    }
  }

  /// Applies it to numbers in place.
  package func apply(_ numbers: UnsafeMutableBufferPointer<Float>) {
    guard let start = numbers.baseAddress else { return }
    apply(start, count: numbers.count)
  }

  /// Applies it to numbers in place.
  func apply(_ numbers: UnsafeMutablePointer<Float>, count: Int) {
    if case .linear = self { return }
    for index in 0..<count { numbers[index] = self(numbers[index]) }
  }
}
