import Glibc

/// What Linux says of this process's control group (version 2), by which containers are limited.
package enum ControlGroup {
  /// The texts of a file such as `memory.max`: of the process's own group and of all that enclose it. The tightest limit
  /// on the way counts.
  package static func texts(of file: String) -> [String] {
    folders(membership: text(at: "/proc/self/cgroup") ?? "").compactMap { text(at: $0 + "/" + file) }
  }

  /// The folders of a process's group and of all that enclose it, innermost first.
  /// - Parameter membership: the text of /proc/self/cgroup.
  package static func folders(membership: String) -> [String] {
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

  private static func text(at path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
