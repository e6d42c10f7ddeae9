import Glibc
import UpconvSystem

/// What the system says of this process, under the names that Prometheus' own clients use.
/// - Source: proc(5): /proc/self/stat, /proc/self/statm, /proc/self/fd, /proc/self/limits.
package enum ProcessMetrics {
  package static func write(to text: inout MetricsText) {
    if let stat = ProcessStatus() {
      text.family("process_cpu_seconds_total", .counter, "Processor time, of all threads, user and system.")
      text.sample("process_cpu_seconds_total", stat.processorSeconds)
      text.family("process_resident_memory_bytes", .gauge, "Memory that is in use.")
      text.sample("process_resident_memory_bytes", stat.residentBytes)
      text.family("process_virtual_memory_bytes", .gauge, "Memory that is mapped.")
      text.sample("process_virtual_memory_bytes", stat.virtualBytes)
      text.family("process_start_time_seconds", .gauge, "When the process began, in seconds since 1970.")
      text.sample("process_start_time_seconds", stat.startSecondsSince1970)
      text.family("process_threads", .gauge, "Threads.")
      text.sample("process_threads", stat.threads)
    }
    if let count = descriptorCount() {
      text.family("process_open_fds", .gauge, "Descriptors that are open.")
      text.sample("process_open_fds", count)
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      text.family("process_max_fds", .gauge, "Descriptors that may be open.")
      text.sample("process_max_fds", Int(clamping: limit.rlim_cur))
    }
  }

  private static func descriptorCount() -> Int? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Without `.`, `..` and the folder's own.
    return count - 3
  }
}

/// The fields of /proc/self/stat that are told.
private struct ProcessStatus {
  let processorSeconds: Double
  let residentBytes: Int
  let virtualBytes: Int
  let startSecondsSince1970: Double
  let threads: Int

  init?() {
    guard let text = SystemFile.text(at: "/proc/self/stat"), let name = text.lastIndex(of: ")"),
      let boot = ProcessStatus.bootTime()
    else { return nil }
    // Counted from the third field, the state; see proc(5).
    let fields = text[text.index(after: name)...].split(separator: " ")
    func field(_ number: Int) -> Int? { fields.count > number - 3 ? Int(fields[number - 3]) : nil }
    guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22),
      let virtual = field(23), let pages = field(24)
    else { return nil }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    processorSeconds = Double(user + system) / ticks
    residentBytes = pages * sysconf(Int32(_SC_PAGESIZE))
    virtualBytes = virtual
    startSecondsSince1970 = Double(boot) + Double(start) / ticks
    self.threads = threads
  }

  private static func bootTime() -> Int? {
    SystemFile.text(at: "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap {
      Int($0.dropFirst(6))
    }
  }
}
