package import UpconvConvolution
import UpconvJSON
package import UpconvTensor

/// A request for the operation, checked as far as that is possible without shapes.
package struct OperationRequest: Sendable {
  package let input: Tensor
  package let filters: Tensor
  package let bias: Tensor?
  package let operation: TransposedConvolution
  /// Whether Winograd's and Strassen's algorithms, whose rounding errors are somewhat larger, are switched off.
  package let isExact: Bool
  /// Whether a JSON answer nests its numbers.
  package let isNested: Bool

  /// - Throws: `OperationError`.
  package init(_ parts: OperationParts) throws(OperationError) {
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in parts.tensors {
      guard OperationParts.tensorNames.contains(name) else {
        if OperationParts.optionNames.contains(name) { throw .optionAsTensor(name: name) }
        throw .unknownTensor(name: name, nearest: NearestName.of(name, among: OperationParts.tensorNames))
      }
      guard tensors.updateValue(tensor, forKey: name) == nil else { throw .duplicateField(name: name) }
    }
    let options = try OperationOptions(parts.options)
    guard let input = tensors["input"] else { throw .missingTensor(name: "input") }
    guard let filters = tensors["filters"] else { throw .missingTensor(name: "filters") }
    self.input = input
    self.filters = filters
    bias = tensors["bias"]
    operation = options.operation
    isExact = options.isExact
    isNested = options.isNested
  }

  /// Settles sizes and packs the filters, unless `layers` remembers them.
  /// - Throws: `GeometryError`.
  package func plan(_ layers: LayerCache) throws(GeometryError) -> ConvolutionPlan {
    try layers.plan(operation, filters: filters, bias: bias, inputShape: input.shape, exact: isExact)
  }
}
