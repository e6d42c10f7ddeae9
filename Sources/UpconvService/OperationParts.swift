import UpconvJSON
import UpconvTensor

/// What a request for the operation consists of, whichever container brought it: named tensors and named options.
package struct OperationParts: Sendable {
  package var tensors: [(name: String, tensor: Tensor)] = []
  package var options: [(name: String, value: JSONValue)] = []

  package init() {}

  /// The names of the tensors, in the order of the documentation.
  package static let tensorNames = ["input", "filters", "bias"]
}
