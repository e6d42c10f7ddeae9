/// A weight that a layer needs.
struct WeightDeclaration: Sendable {
  /// Keras's name of it: `kernel`, `bias`, `gamma`, ...
  let variable: String
  let shape: [Int]
  /// How it is made where no file has it.
  let initializer: Initializer
}
