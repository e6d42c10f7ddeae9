package import UpconvModels
package import UpconvSystem
package import UpconvTensor

/// One request's input, on its way through a model's queue.
package struct InferenceWork: Sendable {
  package let input: Tensor
  /// When it is too late to begin.
  package let deadline: Moment?
  /// Nobody waits for the answer any more.
  package let cancellation: Cancellation
  /// Writes the answer, and gives back what sends it: statistics are complete before a client can ask for them.
  package let answer: Answer

  /// - Parameter run: the run that it was in; nil if it was in none.
  package typealias Answer =
    @Sendable (_ result: Result<Tensor, InferenceFailure>, _ run: Run?) -> @Sendable () -> Void

  /// From when a run was there for the request until it was done with its inputs and layers.
  package struct Run: Sendable {
    package let start: Moment
    package let end: Moment
    /// Requests that were joined in it.
    package let requestCount: Int
  }

  package init(
    input: Tensor, deadline: Moment?, cancellation: Cancellation,
    answer: @escaping Answer
  ) {
    self.input = input
    self.deadline = deadline
    self.cancellation = cancellation
    self.answer = answer
  }
}

/// Why a request for a model has no output.
package enum InferenceFailure: Error {
  /// So many requests wait already.
  case queueFull(maxWaiting: Int, retryAfterSeconds: Int)
  /// All models together have more work waiting than the server takes.
  case overloaded(retryAfterSeconds: Int)
  /// The deadline passed while it waited.
  case expired(waited: Duration)
  /// Its input does not fit the model, or nobody waits for its output any more.
  case run(ModelRunError)
}
