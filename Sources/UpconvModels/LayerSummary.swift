/// What can be said of a layer without running it.
package struct LayerSummary: Sendable, Hashable {
  package let name: String
  /// Keras's name of the class.
  package let className: String
  /// Batch first; nil where a length varies.
  package let outputDimensions: [Int?]
  /// Numbers that the layer has as weights, those that only training changes included.
  package let parameters: Int

  init(_ configuration: LayerConfiguration, _ layer: any ModelLayer) {
    name = configuration.layer
    className = configuration.className
    outputDimensions = layer.outputDimensions
    parameters = layer.weights.reduce(0) { $0 + product($1.shape) }
  }
}
