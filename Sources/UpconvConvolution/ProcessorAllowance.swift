import Glibc

/// How many threads this process may keep busy: what a container allows, else the machine's processors.
package enum ProcessorAllowance {
  /// The processors that the scheduler may give to this process, cut by the quota of its control group.
  package static func current() -> Int {
    let processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let quotas = controlGroupFolders(membership: text(of: "/proc/self/cgroup") ?? "")
      .compactMap { text(of: $0 + "/cpu.max").flatMap(quota(fromCPUMax:)) }
    return max(1, min(processors, quotas.min() ?? processors))
  }

  /// The folders of a process's control group (version 2) and of all that enclose it, innermost first: the
  /// tightest quota on the way counts.
  /// - Parameter membership: the text of /proc/self/cgroup.
  static func controlGroupFolders(membership: String) -> [String] {
    guard let line = membership.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else {
      return ["/sys/fs/cgroup"]
    }
    var names = line.dropFirst("0::/".count).split(separator: "/")
    var folders: [String] = []
    while !names.isEmpty {
      folders.append("/sys/fs/cgroup/" + names.joined(separator: "/"))
      names.removeLast()
    }
    return folders + ["/sys/fs/cgroup"]
  }

  /// Whole processors in the text of a cpu.max file, `quota period` in microseconds, rounded up; nil for `max`.
  static func quota(fromCPUMax text: String) -> Int? {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0 else {
      return nil
    }
    return (quota - 1) / period + 1
  }

  private static func text(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
