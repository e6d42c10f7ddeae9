import Glibc

/// Questions about paths, asked of the system.
enum FilePath {
  /// The path without links and dots; nil where there is nothing.
  static func resolved(_ path: String) -> String? {
    guard let whole = realpath(path, nil) else { return nil }
    defer { free(whole) }
    return String(cString: whole)
  }

  /// Whether a resolved path is the folder `root` or lies in it.
  static func isWithin(_ path: String, _ root: String) -> Bool { path == root || path.hasPrefix(root + "/") }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, without `.` and `..`, in no order.
  /// - Throws: `.unreadable`.
  static func names(in path: String) throws(RepositoryError) -> [String] {
    guard let folder = opendir(path) else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}

/// When and how a folder's files were last written: differs where a model has to be read again.
struct FolderFingerprint: Equatable {
  private struct File: Equatable {
    let identity: UInt64
    let bytes: Int
    let seconds: Int
    let nanoseconds: Int
  }

  private let files: [File?]

  /// Of the files that make up a version, and of the model's own configuration.
  init(versionPath: String, modelPath: String) {
    let paths = [versionPath + "/model.json", versionPath + "/weights.safetensors", modelPath + "/config.json"]
    files = paths.map { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      return File(
        identity: UInt64(status.st_ino), bytes: Int(status.st_size), seconds: status.st_mtim.tv_sec,
        nanoseconds: status.st_mtim.tv_nsec)
    }
  }
}
