import Glibc
import UpconvSystem

/// How much memory this process may take: what its control groups allow, else what the machine has.
package enum MemoryAllowance {
  /// In bytes.
  package static func current() -> Int {
    current(.own)
  }

  static func current(_ group: ControlGroup) -> Int {
    let (pages, pageBytes) = (Int(sysconf(Int32(_SC_PHYS_PAGES))), Int(sysconf(Int32(_SC_PAGESIZE))))
    let machine = pages.multipliedReportingOverflow(by: pageBytes)
    // Where version 1 limits nothing it says a number beyond any machine's memory.
    let texts =
      group.texts(of: "memory.max")
      + group.texts(of: ["memory.limit_in_bytes"], controller: "memory").flatMap { $0 }
    let limits = texts.compactMap { limit(fromMemoryMax: $0) }
    return min(machine.overflow || machine.partialValue <= 0 ? .max : machine.partialValue, limits.min() ?? .max)
  }

  /// The bytes in the text of a memory.max file; nil for `max`.
  static func limit(fromMemoryMax text: String) -> Int? {
    let word = text.prefix { $0 != "\n" }
    return Int(word).flatMap { $0 > 0 ? $0 : nil }
  }
}
