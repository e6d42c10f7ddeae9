import UpconvTensor

/// An inference request, read: one tensor, and what is wanted of the answer.
struct InferenceRequest: Sendable {
  /// What the protocol's own forms say besides the tensor; nothing for a file of NumPy's.
  struct Wishes: Sendable {
    /// Given back in the answer.
    var id: String?
    /// How long the request may wait, in microseconds; 0 or nil: as long as the policy has it.
    var timeoutMicroseconds: Int?
    /// Whether the output's data follow the JSON as bytes.
    var isBinary = false
  }

  var input: Tensor
  var wishes = Wishes()
}
