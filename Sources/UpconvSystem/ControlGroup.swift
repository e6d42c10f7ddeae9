/// What Linux says of this process's control group (version 2), by which containers are limited.
package enum ControlGroup {
  /// The texts of a file such as `memory.max`: of the process's own group and of all that enclose it. The tightest limit
  /// on the way counts.
  package static func texts(of file: String) -> [String] {
    folders(membership: SystemFile.text(at: "/proc/self/cgroup") ?? "")
      .compactMap { SystemFile.text(at: $0 + "/" + file) }
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
}
