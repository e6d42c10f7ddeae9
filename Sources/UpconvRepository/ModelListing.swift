import Glibc

/// What a repository's folder has on disk, as far as names and dates tell it: nothing is opened.
///
/// `<root>/<model>/<version>/model.json`; a model without folders of versions is its own version 1. A root that is
/// itself a model (as where one is mounted alone) is a repository of one.
package struct ModelListing {
  package struct Folder {
    package let name: String
    package let path: String
    /// The versions' folders, or why there are none.
    package let versions: Result<[Int: String], RepositoryError>
  }

  package let folders: [Folder]

  /// - Parameter soleName: what a root that is itself a model is called; nil: as its folder is.
  /// - Throws: `.unreadable`.
  package init(root: String, soleName: String?) throws(RepositoryError) {
    guard let whole = FilePath.resolved(root) else {
      throw .unreadable(path: root, reason: String(cString: strerror(errno)))
    }
    let names = try FilePath.names(in: whole)
    if names.contains("model.json") || ModelListing.areVersions(names, in: whole) {
      let name = soleName ?? String(whole.split(separator: "/").last ?? "model")
      folders = [Folder(name: name, path: whole, versions: ModelListing.versions(of: name, at: whole, root: whole))]
      return
    }
    folders = names.filter { !$0.hasPrefix(".") }.sorted().compactMap { name in
      let path = whole + "/" + name
      guard FilePath.isDirectory(path) else { return nil }
      guard ModelListing.isModelName(name) else {
        return Folder(name: name, path: path, versions: .failure(.invalidName(name)))
      }
      return Folder(name: name, path: path, versions: ModelListing.versions(of: name, at: path, root: whole))
    }
  }

  /// Letters, digits, `.`, `_`, `-`; no `.` at the beginning: what may stand in a path of a URL and of a disk.
  static func isModelName(_ name: String) -> Bool {
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
    let folders = names.filter { !$0.hasPrefix(".") && FilePath.isDirectory(path + "/" + $0) }
    return !folders.isEmpty && folders.allSatisfy { version($0) != nil }
      && folders.contains { FilePath.exists("\(path)/\($0)/model.json") }
  }

  private static func versions(
    of name: String, at path: String, root: String
  ) -> Result<[Int: String], RepositoryError> {
    do throws(RepositoryError) {
      guard let resolved = FilePath.resolved(path), FilePath.isWithin(resolved, root) else {
        throw .leavesRepository(path: path)
      }
      let names = try FilePath.names(in: path)
      if names.contains("model.json") { return .success([1: path]) }
      var versions: [Int: String] = [:]
      for folder in names where !folder.hasPrefix(".") && FilePath.isDirectory(path + "/" + folder) {
        guard let number = version(folder) else { throw .versionNotANumber(model: name, folder: folder) }
        let versionPath = path + "/" + folder
        guard let resolved = FilePath.resolved(versionPath), FilePath.isWithin(resolved, root) else {
          throw .leavesRepository(path: versionPath)
        }
        versions[number] = versionPath
      }
      guard !versions.isEmpty else { throw .noVersions(model: name) }
      return .success(versions)
    } catch { return .failure(error) }
  }

  /// A positive number in digits alone, without zeros before it.
  private static func version(_ folder: String) -> Int? {
    guard folder.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(folder), number > 0, "\(number)" == folder
    else { return nil }
    return number
  }
}
