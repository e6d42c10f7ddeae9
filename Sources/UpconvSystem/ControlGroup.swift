/// What Linux says of this process's control groups, by which containers are limited.
///
/// A process has one group in version 2, and one for each controller in version 1. Limits hold for a group and for all
/// that it encloses, so the tightest on the way to the root counts.
package struct ControlGroup {
  /// Where the groups are mounted: /sys/fs/cgroup.
  private let root: String
  /// The text of /proc/self/cgroup.
  private let membership: String

  /// This process's own groups.
  package static var own: ControlGroup {
    ControlGroup(root: "/sys/fs/cgroup", membership: SystemFile.text(at: "/proc/self/cgroup") ?? "")
  }

  package init(root: String, membership: String) {
    self.root = root
    self.membership = membership
  }

  /// Returns the texts of a file of version 2, such as `memory.max`, in the process's group and in all that enclose it.
  package func texts(of file: String) -> [String] { texts(of: file, in: folders(below: root, path(of: nil))) }

  /// Returns the texts of several files of a controller of version 1, such as `cpu`, folder by folder; none for a folder
  /// that lacks one of them.
  package func texts(of files: [String], controller: String) -> [[String]] {
    let path = path(of: controller)
    // Some systems mount controllers together (`cpu,cpuacct`), mostly with links of their single names.
    let mounts = [controller] + (mountedTogether(with: controller).map { [$0] } ?? [])
    return mounts.flatMap { folders(below: "\(root)/\($0)", path) }.compactMap { folder in
      let texts = files.compactMap { SystemFile.text(at: "\(folder)/\($0)") }
      return texts.count == files.count ? texts : nil
    }
  }

  private func texts(of file: String, in folders: [String]) -> [String] {
    folders.compactMap { SystemFile.text(at: "\($0)/\(file)") }
  }

  /// The controllers of one line that has several, as /proc/self/cgroup lists them; nil if the controller is alone.
  private func mountedTogether(with controller: String) -> String? {
    for line in membership.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[1].split(separator: ",").contains(controller[...]), parts[1] != controller else {
        continue
      }
      return String(parts[1])
    }
    return nil
  }

  /// The path of the process's group: of version 2 (`0::/path`), or of a controller (`4:cpu,cpuacct:/path`).
  private func path(of controller: String?) -> Substring {
    for line in membership.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: ",")
      if controller.map({ controllers.contains($0[...]) }) ?? (parts[0] == "0" && controllers.isEmpty) {
        return parts[2]
      }
    }
    return ""
  }

  /// The folders of a group and of all that enclose it, innermost first. Within a namespace of its own a process may see
  /// fewer of them than its path has: those that are missing have no files.
  package func folders(below top: String, _ path: Substring) -> [String] {
    var names = path.split(separator: "/")
    var folders: [String] = []
    while !names.isEmpty {
      folders.append(top + "/" + names.joined(separator: "/"))
      names.removeLast()
    }
    return folders + [top]
  }
}
