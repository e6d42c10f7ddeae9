import UpconvSystem

/// How many threads this process may keep busy: what its affinity and its control groups allow.
package enum ProcessorAllowance {
  /// The processors that the scheduler may give to this process (cpuset and affinity), cut by the quota of its control
  /// groups of either version.
  package static func current() -> Int { current(processors: Processor.allowedCount, .own) }

  static func current(processors: Int, _ group: ControlGroup) -> Int {
    let quotas =
      group.texts(of: "cpu.max").compactMap(quota(fromCPUMax:))
      + group.texts(of: ["cpu.cfs_quota_us", "cpu.cfs_period_us"], controller: "cpu").compactMap {
        quota(fromCPUMax: $0.joined(separator: " "))
      }
    return max(1, min(processors, quotas.min() ?? processors))
  }

  /// Whole processors in the text of a cpu.max file, `quota period` in microseconds, rounded up; nil if nothing is limited:
  /// `max`, or -1 in version 1.
  static func quota(fromCPUMax text: String) -> Int? {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0 else {
      return nil
    }
    return (quota - 1) / period + 1
  }
}
