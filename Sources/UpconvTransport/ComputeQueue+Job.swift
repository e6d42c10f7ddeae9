import UpconvHTTP
import UpconvScheduling

extension ComputeQueue {
  /// Takes a job; false where too many wait already. `completion` is called once unless the job was cancelled.
  func submit(
    _ job: Job, _ cancellation: Cancellation, completion: @escaping @Sendable (Response) -> Void
  ) -> Bool {
    submit(cancellation) { cancellation in
      let response = job.run { cancellation.isCancelled }
      if !cancellation.isCancelled { completion(response) }
    }
  }
}
