import Glibc

/// Which files make up a version, and when they last changed: differs where a model has to be read again.
struct FolderFingerprint: Equatable {
  private struct File: Equatable {
    let device: UInt64
    let identity: UInt64
    let bytes: Int
    // Of the last change of the file's status, which no program can set: a copy that keeps its date is noticed.
    let seconds: Int
    let nanoseconds: Int
  }

  private let files: [File?]

  /// Of the files of one version, and of the model's own configuration.
  init(versionPath: String, modelPath: String) {
    let paths = [versionPath + "/model.json", versionPath + "/weights.safetensors", modelPath + "/config.json"]
    files = paths.map { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      return File(
        device: UInt64(status.st_dev), identity: UInt64(status.st_ino), bytes: Int(status.st_size),
        seconds: status.st_ctim.tv_sec, nanoseconds: status.st_ctim.tv_nsec)
    }
  }
}
