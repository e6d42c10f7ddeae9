import UpconvHTTP
import UpconvScheduling
import UpconvSystem

extension ComputeQueue {
  /// Takes a job. `completion` is called once unless the job was cancelled.
  /// - Parameter refuse: answers where the job waited too long.
  /// - Throws: if too many wait already.
  func submit(
    _ job: Job, _ cancellation: Cancellation, orElse refuse: @escaping @Sendable (QueueRefusal) -> Response,
    completion: @escaping @Sendable (Response) -> Void
  ) throws(QueueRefusal) {
    let expire: @Sendable (QueueRefusal) -> Void = { completion(refuse($0)) }
    try submit(cancellation, orElse: expire) { cancellation in
      let start = Moment.now
      var response = job.run(cancellation)
      response.run = Moment.now - start
      if !cancellation.isCancelled { completion(response) }
    }
  }
}
