import FoundationEssentials

/// The models of a folder in Triton's layout: `<name>/<version>/model.json`, or `<name>/model.json` as version 1.
enum ModelFolders {
  struct Version {
    let name: String
    let version: Int
    let path: String
  }

  /// By name, and by version in numeric order.
  static func versions(in root: String) -> [Version] {
    folders(root).flatMap { versions(of: $0, in: root + "/" + $0) }
  }

  /// The versions of one model.
  static func versions(of name: String, in path: String) -> [Version] {
    let numbered = folders(path).compactMap { Int($0) }.filter { $0 > 0 }.sorted()
    if numbered.isEmpty { return [Version(name: name, version: 1, path: path)] }
    return numbered.map { Version(name: name, version: $0, path: "\(path)/\($0)") }
  }

  private static func folders(_ path: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().filter { name in
      var isFolder = false
      return !name.hasPrefix(".") && FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
        && isFolder
    }
  }
}
