import Glibc
import UpconvSystem

/// How long all processors of the machine together have stood idle since it started, as the system counts it.
struct IdleProcessorTime {
  private let seconds: Double
  private let instant: Moment

  /// Nil if the system does not tell. Costs a system call or three.
  static var now: IdleProcessorTime? {
    // The line of all processors comes first, and is shorter.
    SystemFile.text(at: "/proc/stat", atMost: 256)
      .flatMap { IdleProcessorTime(statistics: $0, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)), at: .now) }
  }

  /// - Parameter statistics: the beginning of /proc/stat: `cpu`, then ticks of user, nice, system, idle and so on.
  init?(statistics: String, ticksPerSecond: Int, at instant: Moment) {
    let words = statistics.prefix { $0 != "\n" }.split(separator: " ")
    guard words.count > 4, words[0] == "cpu", let ticks = Int(words[4]), ticksPerSecond > 0 else { return nil }
    seconds = Double(ticks) / Double(ticksPerSecond)
    self.instant = instant
  }

  /// Thousandths of one processor that were idle in between: 2000 where two were.
  func perMille(since start: IdleProcessorTime) -> Int {
    let elapsed = (instant - start.instant) / .seconds(1)
    guard elapsed > 0 else { return 0 }
    return Int(max(0, min(1e6, (seconds - start.seconds) / elapsed * 1000)))
  }
}
