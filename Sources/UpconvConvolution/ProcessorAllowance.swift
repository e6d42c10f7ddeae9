import Glibc
import UpconvSystem

/// How many threads this process may keep busy: what a container allows, else the machine's processors.
package enum ProcessorAllowance {
  /// The processors that the scheduler may give to this process, cut by the quota of its control group.
  package static func current() -> Int {
    let processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let quotas = ControlGroup.texts(of: "cpu.max").compactMap(quota(fromCPUMax:))
    return max(1, min(processors, quotas.min() ?? processors))
  }

  /// Whole processors in the text of a cpu.max file, `quota period` in microseconds, rounded up; nil for `max`.
  static func quota(fromCPUMax text: String) -> Int? {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0 else {
      return nil
    }
    return (quota - 1) / period + 1
  }
}
