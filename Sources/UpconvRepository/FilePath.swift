import Glibc
import UpconvModels

/// Questions about paths, asked of the system.
enum FilePath {
  /// The path without links and dots; nil if there is nothing.
  static func resolved(_ path: String) -> String? {
    guard let whole = realpath(path, nil) else { return nil }
    defer { free(whole) }
    return String(cString: whole)
  }

  /// Whether a resolved path is the folder `root` or lies in it.
  static func isWithin(_ path: String, _ root: String) -> Bool {
    path == root || path.hasPrefix(root.hasSuffix("/") ? root : root + "/")
  }

  /// Whether what a path leads to, over all links, lies in the folder `root`.
  static func leads(_ path: String, within root: String) -> Bool {
    resolved(path).map { isWithin($0, root) } ?? false
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, without `.` and `..`, in no order.
  /// - Parameter shown: how an error calls the folder.
  /// - Throws: `.unreadable`.
  static func names(in path: String, shown: String) throws(RepositoryError) -> [String] {
    guard let names = folderNames(path) else {
      throw .unreadable(path: shown, reason: String(cString: strerror(errno)))
    }
    return names
  }
}
