import Glibc
import UpconvSystem

/// How much memory this process may take: what a container allows, else what the machine has.
package enum MemoryAllowance {
  /// In bytes.
  package static func current() -> Int {
    let (pages, pageBytes) = (Int(sysconf(Int32(_SC_PHYS_PAGES))), Int(sysconf(Int32(_SC_PAGESIZE))))
    let machine = pages.multipliedReportingOverflow(by: pageBytes)
    let limits = ControlGroup.texts(of: "memory.max").compactMap { limit(fromMemoryMax: $0) }
    return min(machine.overflow || machine.partialValue <= 0 ? .max : machine.partialValue, limits.min() ?? .max)
  }

  /// The bytes in the text of a memory.max file; nil for `max`.
  static func limit(fromMemoryMax text: String) -> Int? {
    let word = text.prefix { $0 != "\n" }
    return Int(word).flatMap { $0 > 0 ? $0 : nil }
  }
}
