import Glibc

/// Which files are in a version's folder, and when they last changed: differs where a model has to be read again.
///
/// All files count, not only those of the model: who copies or downloads weights often gives them another name until they
/// are complete.
struct FolderFingerprint: Equatable {
  private struct File: Equatable {
    let name: String
    let device: UInt64
    let identity: UInt64
    let bytes: Int
    // Of the last change of the file's status, which no program can set: a copy that keeps its date is noticed.
    let seconds: Int
    let nanoseconds: Int

    /// nil if there is nothing.
    init?(_ name: String, at path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      self.name = name
      device = UInt64(status.st_dev)
      identity = UInt64(status.st_ino)
      bytes = Int(status.st_size)
      seconds = status.st_ctim.tv_sec
      nanoseconds = status.st_ctim.tv_nsec
    }
  }

  private let files: [File]
  private let configuration: File?

  /// Of the files of one version, and of the model's own configuration.
  init(versionPath: String, modelPath: String) {
    let names = (try? FilePath.names(in: versionPath, shown: versionPath)) ?? []
    files = names.sorted().compactMap { File($0, at: versionPath + "/" + $0) }
    configuration = File("config.json", at: modelPath + "/config.json")
  }
}
