import Glibc
package import UpconvSystem

/// Tells times of day for instants of the clock that only goes forward. Looked at anew for each use, so that a clock
/// that is set does not leave old spans in a time of their own.
package struct TraceClock: Sendable {
  private let instant: Moment
  private let nanoseconds: Int

  package static var now: TraceClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return TraceClock(instant: .now, nanoseconds: time.tv_sec * 1_000_000_000 + time.tv_nsec)
  }

  package func nanosecondsSince1970(_ other: Moment) -> Int {
    nanoseconds &+ other.nanoseconds(since: instant)
  }
}
