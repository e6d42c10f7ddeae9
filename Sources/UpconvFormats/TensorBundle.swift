package import UpconvTensor

/// The tensors of one container under their names, with whatever strings came along.
package struct TensorBundle: Sendable {
  /// In the order of their data in the container; names are unique.
  package var tensors: [(name: String, tensor: Tensor)]
  /// In the order of the container's header; names are unique. Only safetensors has any.
  package var metadata: [(name: String, value: String)]

  /// A bundle of these, or an empty one.
  package init(tensors: [(name: String, tensor: Tensor)] = [], metadata: [(name: String, value: String)] = []) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The tensor of that name. O(tensors).
  package subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

  /// The metadata string of that name. O(metadata).
  package func metadata(named name: String) -> String? { metadata.first { $0.name == name }?.value }
}
