/// Work found no room: too much waits, or it would wait too long.
package struct QueueRefusal: Error, Equatable {
  /// When it may find some: as long as what waits now will take, in whole seconds, at least 1.
  package let retryAfterSeconds: Int

  /// Clients would give up for longer.
  private static let maxSeconds = 60

  init(expectedWait: Duration) {
    retryAfterSeconds = Int(
      min(Int64(QueueRefusal.maxSeconds), max(1, (expectedWait + .milliseconds(999)).components.seconds)))
  }
}
