import Glibc

/// A moment of the clock that only goes forward, also while the machine sleeps.
///
/// The same clock as `ContinuousClock`, in eight bytes and whole nanoseconds: that one's instants have sixteen and count
/// attoseconds, which took a tiny request two thousand instructions.
package struct Moment: Sendable, Hashable, Comparable {
  /// Since the machine was started.
  package let nanoseconds: Int64

  /// - Parameter nanoseconds: since the machine was started.
  @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// About 30 ns.
  package static var now: Moment {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Moment(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
  }

  /// Nanoseconds from `earlier` until this moment; below zero where that is the later one.
  @inlinable package func nanoseconds(since earlier: Moment) -> Int { Int(nanoseconds &- earlier.nanoseconds) }

  /// Whether one comes before the other.
  @inlinable package static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

  /// What lies between two moments of this clock; those are never further apart than an Int can tell.
  @inlinable package static func - (later: Moment, earlier: Moment) -> Duration {
    .nanoseconds(later.nanoseconds &- earlier.nanoseconds)
  }

  /// The last or the first moment that can be told, where the sum lies beyond it.
  @inlinable package static func + (start: Moment, duration: Duration) -> Moment {
    let (sum, isBeyond) = start.nanoseconds.addingReportingOverflow(Int64(duration.nanoseconds))
    return Moment(nanoseconds: isBeyond ? (sum < 0 ? .max : .min) : sum)
  }
}
