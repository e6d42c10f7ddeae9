import Glibc

/// What a repository's folder has on disk, as far as names tell it: no file is opened.
///
/// `<root>/<model>/<version>/model.json`; a model without folders of versions is its own version 1. A root that is
/// itself a model (as where one is mounted alone) is a repository of one.
package struct ModelListing {
  package struct Folder {
    package let name: String
    package let path: String
    /// The versions' folders.
    package var versions: [Int: String] = [:]
    /// Versions that cannot be used, and why.
    package var refusals: [Int: RepositoryError] = [:]
    /// What else is wrong with the folder; its versions are served all the same.
    package var problem: RepositoryError?
  }

  /// The root without links and dots.
  let root: String
  /// By name.
  package let folders: [Folder]

  /// - Parameter soleName: what a root that is itself a model is called; nil: as its folder is.
  /// - Throws: `.unreadable`.
  package init(root: String, soleName: String?) throws(RepositoryError) {
    guard let whole = FilePath.resolved(root) else {
      throw .unreadable(path: root, reason: String(cString: strerror(errno)))
    }
    self.root = whole
    let names = try FilePath.names(in: whole, shown: root)
    if names.contains("model.json") || ModelListing.areVersions(names, in: whole) {
      let name = soleName ?? String(whole.split(separator: "/").last ?? "model")
      folders = [ModelListing.folder(name, at: whole, root: whole)]
      return
    }
    folders = names.sorted().compactMap { name in
      let path = whole + "/" + name
      guard !ModelListing.isIgnored(name), FilePath.isDirectory(path) else { return nil }
      return ModelListing.folder(name, at: path, root: whole)
    }
  }

  /// Hidden folders, such as those that Kubernetes mounts have, and the one that every ext4 volume has.
  private static func isIgnored(_ name: String) -> Bool { name.hasPrefix(".") || name == "lost+found" }

  /// Returns whether a name has letters, digits, `.`, `_` and `-` alone, and no `.` at the beginning, so that it may stand
  /// in a path of a URL and of a disk.
  package static func isModelName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first != UInt8(ascii: "."), name.utf8.count <= 255 else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
      default: false
      }
    }
  }

  /// Whether a folder holds versions of one model and no models: only numbers, and one of them with a `model.json`.
  private static func areVersions(_ names: [String], in path: String) -> Bool {
    let folders = names.filter { !isIgnored($0) && FilePath.isDirectory(path + "/" + $0) }
    return !folders.isEmpty && folders.allSatisfy { version($0) != nil }
      && folders.contains { FilePath.exists("\(path)/\($0)/model.json") }
  }

  /// Paths in errors begin at the root: where that is on this machine is nobody's business outside.
  private static func folder(_ name: String, at path: String, root: String) -> Folder {
    var folder = Folder(name: name, path: path)
    do throws(RepositoryError) {
      guard isModelName(name) else { throw .invalidName(name) }
      guard FilePath.leads(path, within: root) else { throw .leavesRepository(path: name) }
      let names = try FilePath.names(in: path, shown: name)
      guard !names.contains("model.json") else {
        folder.versions = [1: path]
        return folder
      }
      for entry in names.sorted() where !isIgnored(entry) && FilePath.isDirectory(path + "/" + entry) {
        guard let number = version(entry) else {
          folder.problem = folder.problem ?? .versionNotANumber(model: name, folder: entry)
          continue
        }
        guard FilePath.leads(path + "/" + entry, within: root) else {
          folder.refusals[number] = .leavesRepository(path: name + "/" + entry)
          continue
        }
        folder.versions[number] = path + "/" + entry
      }
      guard !folder.versions.isEmpty || !folder.refusals.isEmpty || folder.problem != nil else {
        throw .noVersions(model: name)
      }
    } catch { folder.problem = error }
    return folder
  }

  /// Returns the version that a folder's name is: a positive number in digits alone, without zeros before it.
  package static func version(_ folder: String) -> Int? {
    guard folder.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(folder), number > 0, "\(number)" == folder
    else { return nil }
    return number
  }
}
